"""Lots: points with one instant of lapsing, drawn from the earliest on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(slots=True)
class Lot:
    """What is left of the points that one entry credited."""

    subscriber_id: int
    number: int
    points: int
    remaining: int
    expires_at: datetime

    def has_lapsed(self, now: datetime) -> bool:
        return self.expires_at <= now


class Draw(NamedTuple):
    """Points that an entry took out of a lot; in the order of the table's columns."""

    subscriber_id: int
    entry: int
    lot: int
    points: int


def open_lots(lots: Iterable[Lot], now: datetime) -> list[Lot]:
    """The lots that can be spent, in the order in which they are: earliest expiry, then number."""
    return sorted(
        (lot for lot in lots if lot.remaining and not lot.has_lapsed(now)),
        key=lambda lot: (lot.expires_at, lot.number),
    )


def spendable_points(lots: Iterable[Lot], now: datetime) -> int:
    """What the subscriber can spend: a lapsed lot never counts, swept or not."""
    return sum(lot.remaining for lot in lots if not lot.has_lapsed(now))


def draw_plan(lots: Sequence[Lot], points: int) -> list[tuple[Lot, int]]:
    """How much comes out of which lot, in the order given; less than `points` if they lack."""
    plan = []
    for lot in lots:
        if points == 0:
            break
        drawn = min(lot.remaining, points)
        if drawn:
            plan.append((lot, drawn))
            points -= drawn
    return plan


def draw(plan: Iterable[tuple[Lot, int]], entry: int) -> list[Draw]:
    """Carry a plan out: what `entry` took leaves the lots."""
    draws = []
    for lot, points in plan:
        lot.remaining -= points
        assert lot.remaining >= 0, "a lot never holds less than nothing"
        draws.append(Draw(lot.subscriber_id, entry, lot.number, points))
    return draws


def restore(draws: Iterable[Draw], lots: Iterable[Lot]) -> list[tuple[Lot, int]]:
    """Put drawn points back into the lots that they came from.

    Returns:
        What came back to which, in the order in which lots are spent: debt is paid from the
        points that lapse first.
    """
    by_number = {lot.number: lot for lot in lots}
    restored = []
    for drawn in draws:
        lot = by_number[drawn.lot]
        lot.remaining += drawn.points
        assert lot.remaining <= lot.points, "a lot never holds more than it was opened with"
        restored.append((lot, drawn.points))
    return sorted(restored, key=lambda each: (each[0].expires_at, each[0].number))
