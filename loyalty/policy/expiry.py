"""Expiry: what nobody spent in time goes back to the program, lot by lot."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from loyalty.policy.book import AVAILABLE, EXPIRED, REVOKED, Book, Cause
from loyalty.policy.lots import Draw, Lot, draw

# How many days before it lapses a lot is announced, the longer notice first.
NOTICE_DAYS = (30, 7)


class Notice(NamedTuple):
    """An announcement: how many days ahead, and of lots that lapse when (`until` included)."""

    days: int
    after: datetime
    until: datetime


def notice_of(days: int, now: datetime) -> Notice:
    """Which lots get a notice at a moment: those that no shorter notice covers."""
    shorter = max((other for other in NOTICE_DAYS if other < days), default=0)
    return Notice(days, now + timedelta(days=shorter), now + timedelta(days=days))


def expire(book: Book, lots: Iterable[Lot], *, terms_number: int, now: datetime) -> list[Draw]:
    """Write one entry per lapsed lot, in the order of lapsing; each empties its lot.

    Args:
        lots: those that have lapsed by `now` with points left.
    """
    draws: list[Draw] = []
    for lot in sorted(lots, key=lambda lot: (lot.expires_at, lot.number)):
        assert lot.has_lapsed(now), "only a lapsed lot is swept"
        entry = book.move(
            "expiry",
            AVAILABLE,
            EXPIRED,
            lot.remaining,
            cause=Cause("lot", str(lot.number)),
            occurred_at=lot.expires_at,
            now=now,
            terms=terms_number,
        )
        draws += draw([(lot, lot.remaining)], entry.number)
    return draws


def revoke(book: Book, lots: Iterable[Lot], *, terms_number: int, now: datetime) -> list[Draw]:
    """Take all that is left in a closed subscriber's wallet, lot by lot."""
    draws: list[Draw] = []
    assert book.closed_at is not None, "only a closed subscriber's points are revoked"
    for lot in sorted(lots, key=lambda lot: (lot.expires_at, lot.number)):
        entry = book.move(
            "revocation",
            AVAILABLE,
            REVOKED,
            lot.remaining,
            cause=Cause("closing", book.external_id),
            occurred_at=book.closed_at,
            now=now,
            terms=terms_number,
        )
        draws += draw([(lot, lot.remaining)], entry.number)
    return draws
