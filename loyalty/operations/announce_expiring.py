"""Announcing that points will lapse."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from loyalty import news
from loyalty.ledger.books import lock_free_books_of
from loyalty.ledger.notices import keep_notices
from loyalty.policy.expiry import NOTICE_DAYS, Notice, notice_of
from loyalty.queries.due import BEFORE_ALL_LOTS, lots_to_notice
from outbox.operations import publish

LOTS_PER_PAGE = 1000


def announce_expiring(*, now: datetime, lots_per_page: int = LOTS_PER_PAGE) -> int:
    """Announce each lot that lapses within 30 days, and again within 7, a commit per page.

    Once per lot and notice, whatever is repeated, killed or run in two places: that it was
    announced is kept in the same commit. A lot that is opened within its last 7 days gets that
    notice only. What closed subscribers left isn't theirs to spend. Wallets that somebody holds
    are left to the next run.

    Returns:
        How many notices were announced.
    """
    announced = 0
    for days in NOTICE_DAYS:
        notice, after = notice_of(days, now), BEFORE_ALL_LOTS
        while due := lots_to_notice(notice=notice, after=after, limit=lots_per_page):
            after = due[-1]
            announced += _announce_page(sorted({lot.subscriber_id for lot in due}), notice, now)
    return announced


@transaction.atomic
def _announce_page(subscriber_ids: Sequence[int], notice: Notice, now: datetime) -> int:
    books = lock_free_books_of(subscriber_ids)
    open_to = [key for key, book in books.items() if book.closed_at is None]

    noticed = keep_notices(open_to, notice, now)

    items = [
        {
            "subscriber_id": books[lot.subscriber_id].external_id,
            "lot": lot.number,
            "points": lot.remaining,
            "expires_at": lot.expires_at,
            "days": notice.days,
        }
        for lot in noticed
    ]
    publish(name=news.EXPIRING, items=items, now=now)
    return len(items)
