"""Wallets, entries, redemptions, payouts and terms as the API answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from kernel.money import decimal_string
from loyalty.models import Entry, Payout, Redemption
from loyalty.policy.terms import NumberedTerms
from loyalty.queries.payouts import parts_of
from loyalty.queries.statements import WalletStatement, wallet_now


def wallet_shown(statement: WalletStatement) -> dict[str, Any]:
    """A wallet."""
    terms = statement.terms.terms
    return {
        "subscriber_id": statement.subscriber_id,
        "points": {
            "available": statement.available,
            "pending": statement.pending,
            "reserved": statement.reserved,
            "debt": statement.debt,
        },
        "value": decimal_string(statement.value_minor),
        "currency": settings.PROGRAM_CURRENCY,
        "tier": statement.tier,
        "month": {
            "bonus_value": decimal_string(statement.benefit_minor),
            "bonus_cap": decimal_string(terms.caps.benefit_month_minor),
            "redeemed_points": statement.points_redeemed,
            "redemption_cap_points": terms.caps.redemption_month_minor // terms.point_value_minor,
        },
        "expiring": [
            {"expires_at": lot.expires_at, "points": lot.points} for lot in statement.lots
        ],
    }


def current_wallet(external_id: str, now: datetime) -> dict[str, Any]:
    """The wallet that a write leaves."""
    return wallet_shown(wallet_now(external_id=external_id, now=now))


def entry_shown(entry: Entry) -> dict[str, Any]:
    """A row of the ledger."""
    shown: dict[str, Any] = {
        "number": entry.number,
        "kind": entry.kind,
        "source": entry.source,
        "destination": entry.destination,
        "points": entry.points,
        "cause": {"type": entry.cause_type, "id": entry.cause_id},
        "occurred_at": entry.occurred_at,
        "posted_at": entry.posted_at,
        "available_after": entry.available_after,
        "terms": entry.terms,
    }
    if entry.reverses is not None:
        shown["reverses"] = entry.reverses
    return shown


def redemption_shown(redemption: Redemption) -> dict[str, Any]:
    """A redemption."""
    return {
        "redemption_id": redemption.redemption_id,
        "subscriber_id": redemption.subscriber.external_id,
        "status": redemption.status,
        "points": redemption.points,
        "value": decimal_string(redemption.value_minor),
        "currency": settings.PROGRAM_CURRENCY,
        "reward": redemption.reward,
        "expires_at": redemption.expires_at,
        "credit_reference": redemption.credit_reference or None,
        "reserved_at": redemption.reserved_at,
        "settled_at": redemption.settled_at,
        "returned_at": redemption.returned_at,
        "reasons": redemption.reasons,
    }


def payouts_shown(payouts: Sequence[Payout]) -> list[dict[str, Any]]:
    """Benefits on their way through the gate, with their instalments."""
    parts: dict[UUID, list[dict[str, Any]]] = {payout.pk: [] for payout in payouts}
    for part in parts_of(payouts):
        parts[part.payout_id].append(
            {
                "number": part.number,
                "due_on": part.due_on,
                "points": part.points,
                "value": decimal_string(part.value_minor),
                "status": part.status,
                "paid_at": part.paid_at,
            }
        )
    return [{**_payout_shown(payout), "instalments": parts[payout.pk]} for payout in payouts]


def _payout_shown(payout: Payout) -> dict[str, Any]:
    return {
        "payout_id": str(payout.pk),
        "subscriber_id": payout.subscriber.external_id,
        "kind": payout.kind,
        "status": payout.status,
        "points": payout.points,
        "value": decimal_string(payout.value_minor),
        "currency": settings.PROGRAM_CURRENCY,
        "cause": {"type": payout.cause_type, "id": payout.cause_id},
        "month": payout.month,
        "requested_at": payout.requested_at,
        "decided_at": payout.decided_at,
        "reasons": payout.reasons,
    }


def program_shown(in_force: NumberedTerms) -> dict[str, Any]:
    """The terms in force, money as decimal strings under the names that end in the amount."""
    return {
        "terms": in_force.number,
        "currency": settings.PROGRAM_CURRENCY,
        "point_value": decimal_string(in_force.terms.point_value_minor),
        **_without_minor(in_force.terms.content()),
    }


def _without_minor(content: Any) -> Any:
    """Kopecks under `…_minor` become decimal strings under the name before it."""
    if isinstance(content, dict):
        return {
            key.removesuffix("_minor"): decimal_string(value)
            if key.endswith("_minor")
            else _without_minor(value)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [_without_minor(item) for item in content]
    return content
