"""Billing posts charges and refunds."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parse_each, parsed
from doors.api.parsing import JsonParser, NdjsonParser
from doors.api.problems import refusal_shown, spoken
from doors.api.views import ApiRequest, ApiView, answer
from doors.translation import translated
from loyalty.api import examples
from loyalty.api.answers import BatchOut, ChargeOut, RefundOut
from loyalty.api.bodies import ChargeIn, ChargesIn, RefundIn, charge_item, refund_item
from loyalty.api.limits import charge_limit
from loyalty.api.shown import current_wallet
from loyalty.operations.post_charges import ChargeOutcome, post_charges
from loyalty.operations.post_refunds import post_refunds
from loyalty.policy.limits import DailyLimit


class ChargesView(ApiView):
    """Charges, one by one."""

    writes_trail = False
    required_scopes = {"POST": "charges:write"}

    @extend_schema(
        request=ChargeIn,
        responses={201: ChargeOut, 200: ChargeOut},
        examples=examples.CHARGE,
    )
    def post(self, request: ApiRequest) -> HttpResponse:
        """Post a charge, and give the points that it earns.

        201 the first time; the same content under the same id again is answered 200 with
        `Idempotent-Replayed: true`, what the id made, and the wallet as it is now.
        """
        now = datetime.now(UTC)
        item = charge_item(parsed(ChargeIn, request.data))
        [outcome] = post_charges(charges=[item], now=now, limit=charge_limit(request.caller.grant))
        if outcome.refusal is not None:
            raise outcome.refusal
        body = {**_made(outcome), "wallet": current_wallet(item.subscriber_id, now)}
        return answer(body, replayed=outcome.replayed)


class ChargeBatchView(ApiView):
    """Charges by the thousand."""

    writes_trail = False
    required_scopes = {"POST": "charges:write"}
    parser_classes = [JsonParser, NdjsonParser]

    @extend_schema(request=ChargesIn, responses={200: BatchOut}, examples=examples.BATCH)
    def post(self, request: ApiRequest) -> HttpResponse:
        """Post up to 10,000 charges.

        JSON (`{"charges": […]}`) or NDJSON, one charge a line. A bad charge is rejected with
        its error and the good ones are posted; the results are in the order of the request.
        If they are more together than the client may post in a day, none is.
        """
        is_lines = (request.content_type or "").startswith(NdjsonParser.media_type)
        said = {"charges": request.data} if is_lines else request.data
        charges = parsed(ChargesIn, said)["charges"]
        limit = charge_limit(request.caller.grant)
        results, counts = _post_batch(charges, datetime.now(UTC), limit)
        response = answer({**counts, "results": results}, status=200)
        for name, value in (spoken() if counts["rejected"] else {}).items():
            response[name] = value
        return response


class RefundsView(ApiView):
    """Refunds of a charge."""

    writes_trail = False
    required_scopes = {"POST": "refunds:write"}

    @extend_schema(
        request=RefundIn, responses={201: RefundOut, 200: RefundOut}, examples=examples.REFUND
    )
    def post(self, request: ApiRequest, charge_id: str) -> HttpResponse:
        """Refund a charge, wholly or in part.

        Takes back what the refunded amount earned: from what still waits for review, from the
        charge's own lot, from the lots that lapse first; the rest becomes debt. A refund whose
        charge has not come is kept and waits for it.
        """
        now = datetime.now(UTC)
        item = refund_item(charge_id, parsed(RefundIn, request.data))
        [outcome] = post_refunds(refunds=[item], now=now)
        if outcome.refusal is not None:
            raise outcome.refusal
        body = {
            "refund_id": outcome.refund_id,
            "charge_id": outcome.charge_id,
            "status": outcome.status,
            "points_revoked": outcome.points_revoked,
            "points_to_debt": outcome.points_to_debt,
            "points_from_review": outcome.points_from_review,
            "points_lapsed": outcome.points_lapsed,
            "wallet": current_wallet(item.subscriber_id, now),
        }
        return answer(body, replayed=outcome.replayed)


def _post_batch(
    charges: list[Any], now: datetime, limit: DailyLimit | None
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Results in the order of the charges, and how many of each there are."""
    read = parse_each(ChargeIn, charges)
    good = [charge_item(each) for each in read if isinstance(each, dict)]
    outcomes = iter(post_charges(charges=good, now=now, limit=limit))
    results = [
        _result(next(outcomes)) if isinstance(each, dict) else _unreadable(charge, each)
        for charge, each in zip(charges, read, strict=True)
    ]
    counts = Counter(result["status"] for result in results)
    return results, {status: counts[status] for status in ("accepted", "replayed", "rejected")}


def _made(outcome: ChargeOutcome) -> dict[str, Any]:
    return {
        "charge_id": outcome.charge_id,
        "points_earned": outcome.points_earned,
        "points_in_review": outcome.points_in_review,
        "points_to_debt": outcome.points_to_debt,
    }


def _result(outcome: ChargeOutcome) -> dict[str, Any]:
    if outcome.refusal is not None:
        return {
            "charge_id": outcome.charge_id,
            "status": "rejected",
            "error": refusal_shown(outcome.refusal),
        }
    return {**_made(outcome), "status": "replayed" if outcome.replayed else "accepted"}


def _unreadable(charge: Any, errors: list[dict[str, str]]) -> dict[str, Any]:
    charge_id = charge.get("charge_id") if isinstance(charge, dict) else None
    return {
        "charge_id": charge_id if isinstance(charge_id, str) else None,
        "status": "rejected",
        "error": {
            "code": "invalid",
            "title": translated("The charge can't be read."),
            "errors": errors,
        },
    }
