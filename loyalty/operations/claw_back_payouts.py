"""Take benefits back that were not earned after all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from loyalty.ledger.books import lock_books_of
from loyalty.ledger.payouts import payouts_called
from loyalty.operations.passage import passage_of
from loyalty.policy.gate import Reason, ReasonMissing, UnknownPayout


@dataclass(frozen=True, slots=True)
class Claim:
    """A payout to be taken back: which of its paid instalments, None for all, and why."""

    payout_id: UUID
    reason: Reason
    instalments: frozenset[int] | None = None


@transaction.atomic
def claw_back_payouts(*, claims: Sequence[Claim], by: str, now: datetime) -> int:
    """Take paid instalments back and cancel what is still due of these payouts.

    Points that are spent already become debt. Safe to repeat: an instalment is taken back
    once, and a payout of which nothing is left to be taken stays as it is.

    Args:
        claims: at most 1,000.
        by: who decided it.
        now: the moment of the claw-back, timezone-aware.

    Returns:
        How many payouts were changed.

    Raises:
        UnknownPayout: an id was never seen.
        ReasonMissing: nobody would know why.
        StepNotPossible: one is the excess of charges, which their refunds take back.
    """
    if not all(claim.reason.detail.strip() for claim in claims):
        raise ReasonMissing
    payout_ids = [claim.payout_id for claim in claims]
    known = payouts_called(payout_ids)
    if len(known) < len(set(payout_ids)):
        raise UnknownPayout
    books = lock_books_of(sorted({payout.subscriber_id for payout in known}))

    passage = passage_of(payout_ids, books, now)
    for claim in claims:
        payout = passage.payouts[claim.payout_id]
        numbers = claim.instalments
        if numbers is None:
            numbers = frozenset(part.number for part in passage.parts[payout.id])
        passage.claw_back(payout, numbers, claim.reason, by=by)

    passage.write()
    return len(passage.moved)
