"""How far referrals are, for a page of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from loyalty.models import Instalment, Payout
from loyalty.queries.payouts import parts_of
from loyalty.queries.terms import program_zone, terms_calendar
from referrals.models import Referral
from referrals.policy.gates import Gate, GateFacts, arpu_gate, retention_gate
from referrals.policy.joining import UnknownReferral
from referrals.queries.vesting import WINDOW, terms_parameters

_FACTS = f"""
    SELECT r.id, s.activated_at, w.ends_at, stayed.until, coalesce((
        SELECT sum(c.amount_minor - c.refunded_minor) FROM loyalty_charge c
        WHERE c.subscriber_id = r.invitee_id
            AND c.occurred_at >= s.activated_at AND c.occurred_at < w.ends_at
    ), 0)::bigint
    FROM referrals_referral r {WINDOW}
    WHERE r.id = ANY(%(ids)s)
"""  # noqa: S608


class Bonus(NamedTuple):
    """A payout of a referral, with its parts."""

    payout: Payout
    parts: list[Instalment]


class Progress(NamedTuple):
    """A referral, its two gates, and what it has brought."""

    referral: Referral
    window_ends_at: datetime
    retention: Gate
    arpu: Gate
    bonuses: list[Bonus]


def progress_of(referrals: Sequence[Referral], now: datetime) -> list[Progress]:
    """How far each referral is, in three statements whatever their number."""
    facts = _facts([referral.pk for referral in referrals])
    bonuses = _bonuses([referral.referral_id for referral in referrals])
    calendar, zone = terms_calendar(), program_zone()
    found = []
    for referral in referrals:
        known = facts[referral.pk]
        terms = calendar.numbered(referral.terms).referral
        found.append(
            Progress(
                referral,
                known.window_ends_at,
                retention_gate(known, terms, zone, now),
                arpu_gate(known, terms),
                bonuses.get(referral.referral_id, []),
            )
        )
    return found


def referral_called(referral_id: str) -> Referral:
    """The referral with this id.

    Raises:
        UnknownReferral: it was never seen.
    """
    found = Referral.objects.select_related("inviter", "invitee").filter(referral_id=referral_id)
    referral = found.first()
    if referral is None:
        raise UnknownReferral
    return referral


def _facts(ids: Sequence[int]) -> dict[int, GateFacts]:
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {**terms_parameters(), "ids": list(ids)})
        return {key: GateFacts(*values) for key, *values in cursor.fetchall()}


def _bonuses(referral_ids: Sequence[str]) -> dict[str, list[Bonus]]:
    payouts = list(
        Payout.objects.filter(cause_type="referral", cause_id__in=referral_ids)
        .select_related("subscriber")
        .order_by("requested_at", "id")
    )
    parts: dict[UUID, list[Instalment]] = {payout.pk: [] for payout in payouts}
    for part in parts_of(payouts):
        parts[part.payout_id].append(part)
    found: dict[str, list[Bonus]] = {}
    for payout in payouts:
        found.setdefault(payout.cause_id, []).append(Bonus(payout, parts[payout.pk]))
    return found
