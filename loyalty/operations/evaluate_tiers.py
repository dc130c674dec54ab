"""Evaluate tiers at the start of each month."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from kernel.moments import month_of
from loyalty.ledger.books import lock_books_of
from loyalty.operations.tier_evaluation import evaluation_of, opened_in
from loyalty.queries.terms import program_zone, terms_calendar
from loyalty.queries.tiers import wallets_to_evaluate

WALLETS_PER_PAGE = 5000


def evaluate_tiers(*, now: datetime, wallets_per_page: int = WALLETS_PER_PAGE) -> int:
    """Evaluate every wallet for each month that has begun by `now`, in order, a commit per page.

    A tier is in force from the start of its month, however late the evaluation runs, and a
    charge or refund that comes first evaluates its own wallet: the job makes no difference to
    what charges earn. The month in which a wallet was opened is left to its charges until it is
    over. Safe to repeat: a wallet is evaluated once per month.

    Returns:
        How many changes of tier there were.
    """
    this_month = month_of(now, program_zone())
    after, changed = 0, 0
    while due := wallets_to_evaluate(month=this_month, after=after, limit=wallets_per_page):
        after = due[-1]
        changed += _evaluate_page(due, this_month, now)
    return changed


@transaction.atomic
def _evaluate_page(subscriber_ids: Sequence[int], this_month: date, now: datetime) -> int:
    books = lock_books_of(subscriber_ids)

    zone = program_zone()
    # A charge may have evaluated some of them while they were waited for.
    due = [
        book
        for book in books.values()
        if (book.tier_evaluated_for or opened_in(book, this_month, zone)) < this_month
    ]
    evaluation = evaluation_of(due, terms_calendar())
    for book in due:
        evaluation.evaluate(book, this_month)

    evaluation.write(now=now)
    return len(evaluation.changes)
