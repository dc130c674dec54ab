"""Redemptions: reserved, settled, released, reversed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parsed
from doors.api.pages import ListView
from doors.api.views import ApiRequest, ApiView, answer, found
from doors.owned import OwnedKind
from loyalty.api import examples
from loyalty.api.answers import RedemptionOut, RedemptionsOut
from loyalty.api.bodies import RedemptionIn, ReturnIn, SettlementIn, redemption_request
from loyalty.api.filters import RedemptionFilter
from loyalty.api.limits import redemption_limit
from loyalty.api.shown import current_wallet, redemption_shown
from loyalty.operations.redemption_rows import RedemptionOutcome
from loyalty.operations.reserve_points import reserve_points
from loyalty.operations.return_points import release_redemptions, reverse_redemptions
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.queries.redemptions import redemption_called, redemptions_of


class RedemptionsView(ListView):
    """Redemptions."""

    writes_trail = False
    required_scopes = {"GET": "redemptions:read", "POST": "redemptions:write"}
    filterset_class = RedemptionFilter

    @extend_schema(
        request=RedemptionIn,
        responses={201: RedemptionOut, 200: RedemptionOut},
        examples=examples.REDEMPTION,
    )
    def post(self, request: ApiRequest) -> HttpResponse:
        """Reserve points for a bill credit.

        The points are held until billing settles or releases them, or the reservation lapses.
        """
        now = datetime.now(UTC)
        asked = redemption_request(parsed(RedemptionIn, request.data))
        [outcome] = reserve_points(
            requests=[asked],
            now=now,
            limit=redemption_limit(request.caller.grant),
            owner=request.actor,
            owners=request.owners_of(OwnedKind.REDEMPTIONS),
        )
        return _answered(outcome, now, status=201)

    @extend_schema(responses=RedemptionsOut, examples=examples.REDEMPTIONS)
    def get(self, request: ApiRequest) -> HttpResponse:
        """List the client's redemptions, the earliest first."""
        rows = redemptions_of(request.owners_of(OwnedKind.REDEMPTIONS))
        return self.page(rows, by="id", represent=redemption_shown)


class RedemptionView(ApiView):
    """One redemption."""

    required_scopes = {"GET": "redemptions:read"}

    @extend_schema(responses=RedemptionOut, examples=examples.ONE_REDEMPTION)
    def get(self, request: ApiRequest, redemption_id: str) -> HttpResponse:
        """Read a redemption."""
        owners = request.owners_of(OwnedKind.REDEMPTIONS)
        return found(redemption_shown(redemption_called(redemption_id, owners)))


class SettlementView(ApiView):
    """The settlement of a redemption."""

    writes_trail = False
    required_scopes = {"POST": "redemptions:write"}
    body_is_optional = True

    @extend_schema(
        request=SettlementIn, responses={200: RedemptionOut}, examples=examples.SETTLEMENT
    )
    def post(self, request: ApiRequest, redemption_id: str) -> HttpResponse:
        """Settle a redemption, after the credit was applied to the bill."""
        now = datetime.now(UTC)
        reference = parsed(SettlementIn, request.data).get("credit_reference") or ""
        [outcome] = settle_redemptions(
            redemption_ids=[redemption_id],
            credit_reference=reference,
            now=now,
            owners=request.owners_of(OwnedKind.REDEMPTIONS),
        )
        return _answered(outcome, now, status=200)


class ReleaseView(ApiView):
    """The release of a redemption."""

    writes_trail = False
    required_scopes = {"POST": "redemptions:write"}
    body_is_optional = True

    @extend_schema(request=ReturnIn, responses={200: RedemptionOut}, examples=examples.RELEASE)
    def post(self, request: ApiRequest, redemption_id: str) -> HttpResponse:
        """Release held points to the lots that they came from.

        A redemption in review can be released too: its points and the month's room come back,
        and nobody has to decide about it any more.
        """
        return _returned(release_redemptions, request, redemption_id)


class ReversalView(ApiView):
    """The reversal of a redemption."""

    writes_trail = False
    required_scopes = {"POST": "redemptions:write"}
    body_is_optional = True

    @extend_schema(request=ReturnIn, responses={200: RedemptionOut}, examples=examples.REVERSAL)
    def post(self, request: ApiRequest, redemption_id: str) -> HttpResponse:
        """Take a settlement back: the points return to the lots that they came from."""
        return _returned(reverse_redemptions, request, redemption_id)


def _returned(
    verb: Callable[..., list[RedemptionOutcome]],
    request: ApiRequest,
    redemption_id: str,
) -> HttpResponse:
    now = datetime.now(UTC)
    reason = parsed(ReturnIn, request.data).get("reason") or ""
    owners = request.owners_of(OwnedKind.REDEMPTIONS)
    [outcome] = verb(redemption_ids=[redemption_id], reason=reason, now=now, owners=owners)
    return _answered(outcome, now, status=200)


def _answered(outcome: RedemptionOutcome, now: datetime, *, status: int) -> HttpResponse:
    redemption = outcome.redemption
    body: dict[str, Any] = redemption_shown(redemption)
    body["wallet"] = current_wallet(redemption.subscriber.external_id, now)
    return answer(body, replayed=outcome.replayed, status=status)
