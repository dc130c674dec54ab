"""Let benefits go on that were taken back for what does not stand."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from loyalty.ledger.books import lock_books_of
from loyalty.ledger.payouts import past_steps, payouts_called
from loyalty.operations.passage import passage_of
from loyalty.operations.undoing import takings
from loyalty.policy.gate import STEPS, ReasonMissing, UnknownPayout, status_before_undoing


@transaction.atomic
def reinstate_payouts(
    *, payout_ids: Sequence[UUID], undone: Collection[str], reason: str, by: str, now: datetime
) -> int:
    """Take claw-backs and cancellations of payouts back: what was paid is there again.

    A payout is what it was before; parts that were cancelled are due on their days, and paid with
    the next `pay_due`. Safe to repeat: one that was taken back for another reason last, or that
    goes on already, stays as it is.

    Args:
        payout_ids: at most 1,000.
        undone: codes of the reasons that don't stand any more.
        by: who decided it.
        now: the moment of the step, timezone-aware.

    Returns:
        How many payouts were changed.

    Raises:
        UnknownPayout: an id was never seen.
        ReasonMissing: nobody would know why.
    """
    if not reason.strip():
        raise ReasonMissing
    known = payouts_called(payout_ids)
    if len(known) < len(set(payout_ids)):
        raise UnknownPayout
    books = lock_books_of(sorted({payout.subscriber_id for payout in known}))

    passage = passage_of(payout_ids, books, now)
    history = past_steps(list(passage.payouts))
    targets = {
        payout.id: target
        for payout in passage.payouts.values()
        if payout.status in STEPS["reinstate"].sources
        and (target := status_before_undoing(history[payout.id], undone)) is not None
    }
    causes = [
        (payout.subscriber_id, "payout", str(payout.id))
        for payout in passage.payouts.values()
        if payout.id in targets
    ]
    taken = takings(causes, passage.calendar)
    for payout_id, target in targets.items():
        passage.reinstate(passage.payouts[payout_id], target, taken, by=by, reason=reason)

    passage.write()
    return len(passage.moved)
