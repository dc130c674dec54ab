"""Screen the benefits that were requested."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from loyalty.ledger.books import lock_books_of, lock_free_books_of
from loyalty.ledger.connection import plan_for
from loyalty.operations.passage import Passage, passage_of
from loyalty.operations.screening import screened
from loyalty.policy.gate import REQUESTED, SCREEN, Screening, Subject, passes
from loyalty.policy.payouts import HeldPayout
from loyalty.queries.payouts import FIRST, emptied_excesses, requested_payouts

PAYOUTS_PER_PAGE = 1000


def screen_payouts(*, now: datetime, payouts_per_page: int = PAYOUTS_PER_PAGE) -> int:
    """Screen every payout that is requested by `now`, a commit per page.

    What the screen clears is promised on the books, and what is due at once is paid. Safe to
    repeat, to kill and to run in two places: a page claims wallets that nobody holds. What
    waits for something that is missing is screened again each time.

    Returns:
        How many payouts went on.
    """
    moved, after = 0, FIRST
    while page := requested_payouts(now=now, after=after, limit=payouts_per_page):
        after = page[-1].place
        moved += _screen_page(
            [due.payout_id for due in page], [due.subscriber_id for due in page], now
        )
    while emptied := emptied_excesses(limit=payouts_per_page):
        _close_emptied(
            [due.payout_id for due in emptied], [due.subscriber_id for due in emptied], now
        )
    return moved


@transaction.atomic
def _screen_page(payout_ids: Sequence[UUID], holders: Sequence[int], now: datetime) -> int:
    plan_for(len(payout_ids))
    books = lock_free_books_of(sorted(set(holders)))

    passage = passage_of(payout_ids, books, now)
    requested = [p for p in passage.payouts.values() if p.status == REQUESTED]
    screenings = screened([subject_of(payout) for payout in requested], now)

    for payout, screening in zip(requested, screenings, strict=True):
        _follow(passage, payout, passes(payout.standing, screening))
    passage.pay_due()

    passage.write()
    return sum(payout.status != REQUESTED for payout in requested)


@transaction.atomic
def _close_emptied(payout_ids: Sequence[UUID], holders: Sequence[int], now: datetime) -> None:
    """Close excesses in review of which refunds have left nothing."""
    passage = passage_of(payout_ids, lock_books_of(sorted(set(holders))), now)
    for payout in passage.payouts.values():
        if payout.status == "in_review" and payout.points == 0:
            passage.clear(payout, by=SCREEN, reason="")
    passage.write()


def _follow(passage: Passage, payout: HeldPayout, screening: Screening) -> None:
    reasons = screening.reasons
    if screening.outcome == "clear":
        passage.clear(payout, by=SCREEN, reason="The screen found nothing.", reasons=reasons)
    elif screening.outcome == "review":
        passage.hold(payout, reasons, by=SCREEN)
    elif screening.outcome == "refuse":
        detail = " ".join(reason.detail for reason in reasons)
        passage.refuse(payout, by=SCREEN, reason=detail, reasons=reasons)
    else:
        passage.wait(payout, reasons)


def subject_of(payout: HeldPayout) -> Subject:
    """What the screen is asked about a payout."""
    return Subject(
        "payout",
        str(payout.id),
        payout.subscriber_id,
        payout.kind,
        payout.value_minor,
        payout.cause_id,
        payout.depends_on_id,
    )
