"""Expiry: what nobody spent in time goes back to the program, lot by lot."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from kernel.refusals import Refusal
from loyalty.policy.book import AVAILABLE, EXPIRED, REVOKED, Book, Cause
from loyalty.policy.lots import Draw, Lot, draw

# How many days before it lapses a lot is announced, the longer notice first.
NOTICE_DAYS = (30, 7)


class SweepTooLarge(Refusal):
    code = "sweep_too_large"
    title = "The sweep would empty more than a sweep may without being asked for."


class SweepSize(NamedTuple):
    """Points that a sweep would take, and all that could be spent without it."""

    due: int
    held: int


class SweepLimit(NamedTuple):
    """What a sweep may take unasked: so many points in any case, and a share of all."""

    points: int
    share: float


def refusal_for_sweep(
    size: SweepSize, limit: SweepLimit, *, points_max: int | None
) -> SweepTooLarge | None:
    """Why a sweep stops and asks: a wrong clock would empty every wallet.

    Args:
        points_max: what somebody who has looked at it agreed to; None if nobody has.
    """
    unasked = max(limit.points, int(size.held * limit.share))
    if size.due <= (unasked if points_max is None else points_max):
        return None
    return SweepTooLarge(
        f"{size.due} of {size.held} points would go, and {unasked} may go unasked. If they have"
        f" lapsed indeed: expire_points --points-max {size.due}.",
        points_due=size.due,
        points_held=size.held,
    )


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
