"""A subscriber's statement in pages, newest first, as it stood at a moment."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from loyalty.models import Payout, Redemption
from loyalty.policy.book import AVAILABLE

PAGE = 50
EXPORT_PAGE = 2_000

_ENTRIES = """
    SELECT number, kind, source, destination, points, cause_type, cause_id,
        occurred_at, posted_at, terms, available_after, reverses
    FROM loyalty_entry
    WHERE subscriber_id = %(subscriber)s AND posted_at <= %(at)s AND number < %(before)s
    ORDER BY number DESC LIMIT %(limit)s
"""

# What is left of each lot then: what it was opened with, less what entries drew until then,
# save for what a reversal gave back until then.
_OPEN_LOTS = """
    SELECT l.number, o.cause_type, o.cause_id, o.occurred_at, l.points,
        l.points - coalesce((
            SELECT sum(d.points) FROM loyalty_lotdraw d
            JOIN loyalty_entry e ON e.subscriber_id = d.subscriber_id AND e.number = d.entry
            WHERE d.subscriber_id = l.subscriber_id AND d.lot = l.number
            AND e.posted_at <= %(at)s
            AND NOT EXISTS (
                SELECT 1 FROM loyalty_entry r WHERE r.subscriber_id = d.subscriber_id
                AND r.reverses = d.entry AND r.posted_at <= %(at)s
            )
        ), 0)::bigint,
        l.expires_at
    FROM loyalty_lot l
    JOIN loyalty_entry o ON o.subscriber_id = l.subscriber_id AND o.number = l.number
    WHERE l.subscriber_id = %(subscriber)s AND o.posted_at <= %(at)s AND l.expires_at > %(at)s
    ORDER BY l.expires_at, l.number
"""

# Refunds stand among the charges by when billing gave the money back.
_BILLED = """
    SELECT * FROM (
        SELECT 'charge' AS type, charge_id AS id, charge_id, kind, 'posted', amount_minor,
            points_earned, points_in_review, points_to_debt, tier, terms,
            occurred_at, posted_at
        FROM loyalty_charge WHERE subscriber_id = %(subscriber)s AND posted_at <= %(at)s
        UNION ALL
        SELECT 'refund', refund_id, charge_id, reason,
            CASE WHEN reversed_at > %(at)s THEN CASE WHEN applied_at IS NULL THEN 'waiting'
                ELSE 'applied' END ELSE status END, -amount_minor,
            -(points_revoked + points_lapsed + points_to_debt), -points_from_review,
            -points_to_debt, '', NULL, occurred_at, received_at
        FROM loyalty_refund WHERE subscriber_id = %(subscriber)s AND received_at <= %(at)s
        UNION ALL
        SELECT 'reversal', refund_id, charge_id, reason, status, amount_minor,
            points_revoked + points_lapsed + points_to_debt - kept_earned,
            points_from_review - kept_from_review, points_to_debt, '', NULL,
            reversal_occurred_at, reversed_at
        FROM loyalty_refund WHERE subscriber_id = %(subscriber)s AND reversed_at <= %(at)s
    ) AS billed
    WHERE (occurred_at, type || ':' || id) < (%(before_at)s::timestamptz, %(before_id)s)
    ORDER BY occurred_at DESC, type || ':' || id DESC LIMIT %(limit)s
"""

_MONTHS = """
    SELECT month, revenue_minor, points_earned, benefit_minor, points_redeemed
    FROM loyalty_subscribermonth WHERE subscriber_id = %s ORDER BY month DESC LIMIT %s
"""


class EntryLine(NamedTuple):
    """An entry as the member reads it."""

    number: int
    kind: str
    source: str
    destination: str
    points: int
    cause_type: str
    cause_id: str
    occurred_at: datetime
    posted_at: datetime
    terms: int
    available_after: int
    reverses: int | None

    @property
    def change(self) -> int:
        """What it did to the points that can be spent."""
        if self.destination == AVAILABLE:
            return self.points
        return -self.points if self.source == AVAILABLE else 0


class LotLine(NamedTuple):
    """A lot with points left."""

    number: int
    cause_type: str
    cause_id: str
    earned_at: datetime
    points: int
    remaining: int
    expires_at: datetime


class BilledLine(NamedTuple):
    """A charge, or a refund with its amounts and points below zero."""

    type: str
    id: str
    charge_id: str
    kind: str
    status: str
    amount_minor: int
    points_earned: int
    points_in_review: int
    points_to_debt: int
    tier: str
    terms: int | None
    occurred_at: datetime
    recorded_at: datetime

    @property
    def place(self) -> tuple[datetime, str]:
        """Where it stands in the list: a charge and a refund may have the same id."""
        return self.occurred_at, f"{self.type}:{self.id}"


class MonthLine(NamedTuple):
    """What a calendar month was worth."""

    month: date
    revenue_minor: int
    points_earned: int
    benefit_minor: int
    points_redeemed: int


LAST_NUMBER = 2**31 - 1


def entries_page(
    *, subscriber_id: int, at: datetime, before: int = LAST_NUMBER, limit: int = PAGE
) -> list[EntryLine]:
    """Entries posted by `at` with numbers below `before`."""
    rows = _rows(
        _ENTRIES,
        {"subscriber": subscriber_id, "at": at, "before": before, "limit": limit},
    )
    return list(map(EntryLine._make, rows))


def all_entries(*, subscriber_id: int, at: datetime) -> Iterator[EntryLine]:
    """Every entry posted by `at`, read page by page so that memory stays flat."""
    before = LAST_NUMBER
    while True:
        page = entries_page(subscriber_id=subscriber_id, at=at, before=before, limit=EXPORT_PAGE)
        yield from page
        if len(page) < EXPORT_PAGE:
            return
        before = page[-1].number


def open_lots_at(*, subscriber_id: int, at: datetime) -> list[LotLine]:
    """Lots that had points left at a moment, the first to lapse first."""
    rows = map(LotLine._make, _rows(_OPEN_LOTS, {"subscriber": subscriber_id, "at": at}))
    return [lot for lot in rows if lot.remaining]


def billed_page(
    *,
    subscriber_id: int,
    at: datetime,
    before: tuple[datetime, str] | None = None,
    limit: int = PAGE,
) -> list[BilledLine]:
    """Charges and refunds recorded by `at`, after a place in the list."""
    # PostgreSQL's own "infinity" comes after every moment.
    before_at, before_id = before or ("infinity", "")
    rows = _rows(
        _BILLED,
        {
            "subscriber": subscriber_id,
            "at": at,
            "before_at": before_at,
            "before_id": before_id,
            "limit": limit,
        },
    )
    return list(map(BilledLine._make, rows))


def all_billed(*, subscriber_id: int, at: datetime) -> Iterator[BilledLine]:
    """Every charge and refund recorded by `at`, page by page."""
    before: tuple[datetime, str] | None = None
    while True:
        page = billed_page(subscriber_id=subscriber_id, at=at, before=before, limit=EXPORT_PAGE)
        yield from page
        if len(page) < EXPORT_PAGE:
            return
        before = page[-1].place


def months_of(*, subscriber_id: int, limit: int = 36) -> list[MonthLine]:
    """The latest months, as they stand now."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [subscriber_id, limit])
        return [MonthLine(*row) for row in cursor.fetchall()]


def redemptions_page(
    *, subscriber_id: int, at: datetime, before: int | None = None, limit: int = PAGE
) -> list[Redemption]:
    """Redemptions reserved by `at`, in their present status."""
    found = Redemption.objects.filter(subscriber_id=subscriber_id, reserved_at__lte=at)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def payouts_of(*, subscriber_id: int, at: datetime, limit: int = 500) -> list[Payout]:
    """Payouts requested by `at` with their parts, as they are at present; newest first."""
    found = Payout.objects.filter(subscriber_id=subscriber_id, requested_at__lte=at)
    return list(found.prefetch_related("instalments").order_by("-requested_at")[:limit])


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[Any] = cursor.fetchall()
    return found
