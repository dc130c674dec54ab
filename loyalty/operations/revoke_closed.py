"""Revoke what is left in the wallets of subscribers who closed long enough ago."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_books_of
from loyalty.ledger.plan import Plan, write
from loyalty.policy.expiry import revoke
from loyalty.queries.due import wallets_closed_until
from loyalty.queries.terms import terms_calendar
from outbox.operations import publish

WALLETS_PER_PAGE = 2000


def revoke_closed(*, now: datetime, wallets_per_page: int = WALLETS_PER_PAGE) -> int:
    """Revoke the points of subscribers whose days after closing are over, a commit per page.

    Safe to repeat and to kill.

    Returns:
        How many lots were emptied.
    """
    emptied, after = 0, 0
    closed_until = revoked_if_closed_until(now)
    while due := wallets_closed_until(
        closed_until=closed_until, after=after, limit=wallets_per_page
    ):
        after = due[-1]
        emptied += _revoke_page(due, closed_until, now)
    return emptied


def revoked_if_closed_until(now: datetime) -> datetime:
    """Until when a subscriber must have closed to lose what is left at `now`."""
    return now - timedelta(days=terms_calendar().at(now).terms.closed_wallet_days)


@transaction.atomic
def _revoke_page(subscriber_ids: Sequence[int], closed_until: datetime, now: datetime) -> int:
    books = lock_books_of(subscriber_ids)

    # A subscriber may have come back while the page waited for the locks.
    closed = [
        key
        for key, book in books.items()
        if book.closed_at is not None and book.closed_at <= closed_until
    ]
    lots = facts.lots_of(closed)
    number = terms_calendar().at(now).number

    plan = Plan()
    for subscriber_id, left in lots.items():
        book = books[subscriber_id]
        plan.books[subscriber_id] = book
        plan.take(revoke(book, left, terms_number=number, now=now), left)

    write(plan, now=now)

    said = [
        {
            "subscriber_id": books[key].external_id,
            "points": sum(entry.points for entry in books[key].entries),
        }
        for key in lots
    ]
    publish(name=news.REVOKED, items=said, now=now)
    return sum(len(left) for left in lots.values())
