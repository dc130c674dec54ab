"""Sweep lapsed lots."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from kernel.batches import collection_paused, pages_of
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_books_of, lock_free_books_of
from loyalty.ledger.connection import suited_to
from loyalty.ledger.plan import Plan, write
from loyalty.operations.revoke_closed import revoke_closed, revoked_if_closed_until
from loyalty.policy.book import Book
from loyalty.policy.expiry import SweepLimit, expire, refusal_for_sweep
from loyalty.policy.lots import Lot
from loyalty.queries.due import BEFORE_ALL_LOTS, lapsed_lots, sweep_size
from loyalty.queries.terms import terms_calendar
from outbox.operations import publish

# Whoever is charged meanwhile may wait for a page's commit: a tenth of a second, and rarely.
LOTS_PER_PAGE = 1000


def expire_points(
    *, now: datetime, points_max: int | None = None, lots_per_page: int = LOTS_PER_PAGE
) -> int:
    """Move what has lapsed by `now` from members to the program, a commit per page.

    So does what subscribers left who closed long enough ago. Safe to repeat, to kill and to
    run in two places: each page claims wallets that nobody holds. Wallets that were held the
    first time round are waited for at the end.

    A sweep that would take more than its share of all points takes none: a wrong clock does that.

    Args:
        now: what has lapsed by then goes.
        points_max: how many points may go, from somebody who has looked at them; None for as many
            as may go unasked (`SWEEP_POINTS_MAX`, `SWEEP_SHARE_MAX`).
        lots_per_page: how many a commit takes.

    Returns:
        How many lots were emptied.

    Raises:
        SweepTooLarge: more would go than may.
    """
    limit = SweepLimit(settings.SWEEP_POINTS_MAX, settings.SWEEP_SHARE_MAX)
    size = sweep_size(now=now, closed_until=revoked_if_closed_until(now), unasked=limit.points)
    refusal = refusal_for_sweep(size, limit, points_max=points_max)
    if refusal is not None:
        raise refusal

    emptied, after = 0, BEFORE_ALL_LOTS
    held: set[int] = set()
    while due := lapsed_lots(now=now, after=after, limit=lots_per_page):
        after = due[-1]
        lots, missed = _expire_page(sorted({lot.subscriber_id for lot in due}), now)
        emptied += lots
        held.update(missed)
    for page in pages_of(sorted(held), lots_per_page):
        emptied += _expire_held(page, now)
    return emptied + revoke_closed(now=now)


@transaction.atomic
def _expire_page(subscriber_ids: Sequence[int], now: datetime) -> tuple[int, list[int]]:
    with suited_to(len(subscriber_ids)), collection_paused(len(subscriber_ids)):
        books = lock_free_books_of(subscriber_ids)
        emptied = _expire(books, now)
        return emptied, [key for key in subscriber_ids if key not in books]


@transaction.atomic
def _expire_held(subscriber_ids: Sequence[int], now: datetime) -> int:
    with suited_to(len(subscriber_ids)), collection_paused(len(subscriber_ids)):
        return _expire(lock_books_of(subscriber_ids), now)


def _expire(books: dict[int, Book], now: datetime) -> int:
    lots = facts.lots_due(list(books), now)
    number = terms_calendar().at(now).number

    plan = Plan()
    for subscriber_id, lapsed in lots.items():
        book = books[subscriber_id]
        plan.books[subscriber_id] = book
        plan.take(expire(book, lapsed, terms_number=number, now=now), lapsed)

    write(plan, now=now)

    publish(name=news.EXPIRED, items=_expired(books, lots), now=now)
    return sum(len(lapsed) for lapsed in lots.values())


def _expired(books: dict[int, Book], lots: dict[int, list[Lot]]) -> list[dict[str, object]]:
    return [
        {
            "subscriber_id": books[key].external_id,
            "points": sum(entry.points for entry in books[key].entries),
            "lots": len(lapsed),
        }
        for key, lapsed in lots.items()
    ]
