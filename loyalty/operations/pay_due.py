"""Pay the instalments that are due."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kernel.batches import collection_paused
from loyalty.ledger.books import lock_books_of, lock_free_books_of
from loyalty.ledger.connection import plan_for
from loyalty.operations.passage import passage_of
from loyalty.policy.book import Book
from loyalty.queries.payouts import BEFORE_ALL_PARTS, DuePart, due_parts

PARTS_PER_PAGE = 2000


def pay_due(*, now: datetime, parts_per_page: int = PARTS_PER_PAGE) -> int:
    """Pay what is due by the day of `now`, a commit per page.

    An instalment is paid only if whoever earns it was active on its day and the beneficiary was
    neither suspended nor closed; otherwise the rest of the payout is cancelled. What exceeds a
    cap goes to review. Safe to repeat, to kill and to run in two places: each page claims
    wallets that nobody holds. Wallets that were held the first time round are waited for at
    the end.

    Returns:
        How many instalments were paid.
    """
    paid, after = 0, BEFORE_ALL_PARTS
    held: list[DuePart] = []
    while due := due_parts(now=now, after=after, limit=parts_per_page):
        after = due[-1]
        number, missed = _pay_page(due, now)
        paid += number
        held += missed
    for start in range(0, len(held), parts_per_page):
        paid += _pay_held(held[start : start + parts_per_page], now)
    return paid


@transaction.atomic
def _pay_page(due: Sequence[DuePart], now: datetime) -> tuple[int, list[DuePart]]:
    plan_for(len(due))
    books = lock_free_books_of(sorted({part.subscriber_id for part in due}))
    with collection_paused(len(due)):
        paid = _pay(due, books, now)
    return paid, [part for part in due if part.subscriber_id not in books]


@transaction.atomic
def _pay_held(due: Sequence[DuePart], now: datetime) -> int:
    plan_for(len(due))
    books = lock_books_of(sorted({part.subscriber_id for part in due}))
    with collection_paused(len(due)):
        return _pay(due, books, now)


def _pay(due: Sequence[DuePart], books: dict[int, Book], now: datetime) -> int:
    passage = passage_of(list({part.payout_id for part in due}), books, now)

    paid = passage.pay_due(until=due[-1])

    passage.write()
    return paid
