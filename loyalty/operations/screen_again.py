"""Screen benefits again that the screen alone had stopped."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from loyalty.ledger.books import lock_books_of
from loyalty.ledger.payouts import payouts_called
from loyalty.operations.passage import Passage, passage_of
from loyalty.operations.screen_payouts import subject_of
from loyalty.operations.screening import screened
from loyalty.policy.gate import (
    CAP_EXCESS,
    IN_REVIEW,
    REFUSED,
    SCREEN,
    Screening,
    passes,
    refusal_for_reopening,
)
from loyalty.policy.payouts import HeldPayout


@transaction.atomic
def screen_again(*, payout_ids: Sequence[UUID], reason: str, now: datetime) -> list[UUID]:
    """Screen payouts again that are in review, or that the screen alone refused.

    One that is clear now is let out; one that was refused and is no longer comes back to review.
    Above the four-eyes limit it waits for persons. What a person has a say in stays as it is.
    Safe to repeat.

    Returns:
        Those that were let out.
    """
    known = payouts_called(payout_ids)
    books = lock_books_of(sorted({payout.subscriber_id for payout in known}))
    passage = passage_of(payout_ids, books, now)
    stopped = [payout for payout in passage.payouts.values() if _is_the_screens(payout)]

    screenings = screened([subject_of(payout) for payout in stopped], now)

    let_out = [
        payout.id
        for payout, screening in zip(stopped, screenings, strict=True)
        if _follow(passage, payout, passes(payout.standing, screening), reason)
    ]
    passage.pay_due()

    passage.write()
    return let_out


def _is_the_screens(payout: HeldPayout) -> bool:
    # To let out what a cap holds would waive the cap, which persons do.
    is_held_by_cap = payout.kind == CAP_EXCESS or any(
        said["code"].startswith(("cap_", "above_cap")) for said in payout.reasons
    )
    if is_held_by_cap:
        return False
    if payout.status == IN_REVIEW:
        return payout.maker is None
    if payout.status != REFUSED:
        return False
    return refusal_for_reopening(payout.kind, payout.status, payout.decided_by) is None


def _follow(passage: Passage, payout: HeldPayout, screening: Screening, reason: str) -> bool:
    if payout.status == REFUSED and screening.outcome in ("clear", "review"):
        passage.reopen(payout, by=SCREEN, reason=reason)
    if screening.outcome != "clear" or payout.status != IN_REVIEW:
        return False
    passage.clear(payout, by=SCREEN, reason=reason, reasons=screening.reasons)
    return True
