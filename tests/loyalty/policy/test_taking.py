"""Taking back: the own lot first, then what lapses first, then as debt; nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.book import Book, Cause, empty_balances
from loyalty.policy.lots import Lot
from loyalty.policy.refunds import ChargedPoints, RefundItem, take_back
from loyalty.policy.taking import Taken, take_points
from loyalty.policy.terms import Terms

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)
CAUSE = Cause("payout", "p")


def lot(number: int, remaining: int, days: int = 10, points: int | None = None) -> Lot:
    return Lot(1, number, remaining if points is None else points, remaining, NOW + days * DAY)


def book_of(lots: list[Lot], debt: int = 0) -> Book:
    available = sum(each.remaining for each in lots)
    balances = {**empty_balances(), "available": available, "debt": debt, "redeemed": 1000}
    balances["issued"] = sum(balances.values()) - 2 * debt
    return Book(1, "subscriber", balances, b"key")


def take(book: Book, points: int, lots: list[Lot], own: Lot | None, swept: int = 0) -> Taken:
    return take_points(
        book, "clawback", points, lots, own=own, swept=swept, cause=CAUSE,
        occurred_at=NOW, now=NOW, terms=1,
    )  # fmt: skip


class Case(NamedTuple):
    """Points taken from lots (number, remaining, days left); the first is the own one."""

    points: int
    lots: list[Lot]
    swept: int
    drawn: dict[int, int]
    lapsed: int
    to_debt: int


@pytest.mark.parametrize(
    "case",
    [
        # All of it is there, though another lot lapses earlier.
        Case(10, [lot(1, 10, 90), lot(2, 10, 1)], 0, {1: 10}, 0, 0),
        # The own lot, then by expiry, ties by number.
        Case(25, [lot(1, 10, 90), lot(4, 10, 5), lot(3, 10, 5)], 0, {1: 10, 3: 10, 4: 5}, 0, 0),
        # What is nowhere is owed.
        Case(25, [lot(1, 10, 90), lot(2, 10, 5)], 0, {1: 10, 2: 10}, 0, 5),
        Case(25, [lot(1, 0, 90, points=25)], 0, {}, 0, 25),
        # What lapsed and was swept is lost already.
        Case(10, [lot(1, 0, -1, points=10), lot(2, 50)], 6, {2: 4}, 6, 0),
        # What lapsed and waits to be swept, too.
        Case(10, [lot(1, 6, -1, points=10), lot(2, 50)], 0, {2: 4}, 6, 0),
        Case(10, [lot(1, 6, -1, points=10)], 0, {}, 6, 4),
        Case(10, [lot(1, 6, 0, points=10)], 0, {}, 6, 4),
        Case(10, [lot(1, 10, -1)], 0, {}, 10, 0),
        # Lapsed points of another lot are nobody's.
        Case(10, [lot(1, 0, 9, points=10), lot(2, 50, -1)], 0, {}, 0, 10),
        # More lapsed than is taken.
        Case(3, [lot(1, 0, -1, points=10), lot(2, 50)], 10, {}, 3, 0),
        Case(0, [lot(1, 10)], 0, {}, 0, 0),
    ],
)
def test_points_are_looked_for_in_turn(case: Case) -> None:
    book = book_of(case.lots)
    available = book.available
    taken = take(book, case.points, case.lots, case.lots[0], case.swept)
    assert {draw.lot: draw.points for draw in taken.draws} == case.drawn
    assert taken[:3] == (sum(case.drawn.values()), case.lapsed, case.to_debt)
    assert book.available == available - taken.revoked
    assert book.debt == case.to_debt


def test_a_part_that_all_paid_debt_has_no_lot_of_its_own() -> None:
    lots = [lot(1, 30)]
    book = book_of(lots, debt=0)
    assert take(book, 40, lots, None)[:3] == (30, 0, 10)


histories = st.tuples(
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(0, 60), st.integers(-5, 20)), min_size=1, max_size=6),
    st.integers(0, 50),
)


@given(history=histories)
def test_every_point_is_accounted_for(
    history: tuple[int, list[tuple[int, int]], int],
) -> None:
    points, held, swept = history
    lots = [lot(number, left, days, points=200) for number, (left, days) in enumerate(held, 1)]
    book, before = book_of(lots), sum(left for left, _ in held)
    lapsed_lots = {each.number: each.remaining for each in lots if each.has_lapsed(NOW)}
    taken = take(book, points, lots, lots[0], swept)
    assert taken.revoked + taken.lapsed + taken.to_debt == points
    assert sum(draw.points for draw in taken.draws) == taken.revoked
    assert sum(each.remaining for each in lots) == before - taken.revoked == book.available
    assert all(each.remaining == lapsed_lots.get(each.number, each.remaining) for each in lots)
    assert taken.lapsed <= swept + lapsed_lots.get(1, 0)
    # Nobody owes while there is something to be taken.
    open_left = sum(each.remaining for each in lots if not each.has_lapsed(NOW))
    assert not (taken.to_debt and open_left)
    assert len(book.entries) == bool(taken.revoked) + bool(taken.to_debt)


@given(history=histories)
def test_a_refund_takes_what_a_clawback_would(
    history: tuple[int, list[tuple[int, int]], int],
) -> None:
    points, held, swept = history

    def lots() -> list[Lot]:
        return [lot(number, left, days, points=200) for number, (left, days) in enumerate(held, 1)]

    mine, theirs = lots(), lots()
    expected = take(book_of(mine), points, mine, mine[0], swept)
    charge = ChargedPoints(
        amount_minor=points * 100, kind="service", tier="bronze", refunded_minor=0,
        points_waiting=0, points_cleared=0, points_declined=0, lot=1, points_swept=swept + 3,
        points_absorbed=3,
    )  # fmt: skip
    item = RefundItem("f", "c", "subscriber", points * 100, "refund", NOW)
    taken = take_back(book_of(theirs), item, charge, theirs, **asked(0))
    assert (taken.revoked, taken.lapsed, taken.to_debt, taken.draws) == expected
    assert charge.points_absorbed == 3 + taken.lapsed


@pytest.mark.parametrize(
    ("roubles", "declined", "waiting", "earned"),
    [(10, 10, 0, 0), (40, 30, 10, 0), (60, 30, 20, 10), (100, 30, 20, 50)],
)
def test_a_refund_takes_what_nobody_has_first(
    roubles: int, declined: int, waiting: int, earned: int
) -> None:
    lots = [lot(1, 50)]
    charge = ChargedPoints(10_000, "service", "bronze", 0, 20, 0, 30, 1, 0, 0)
    item = RefundItem("f", "c", "subscriber", roubles * 100, "refund", NOW)
    taken = take_back(book_of(lots), item, charge, lots, **asked(0))
    assert (taken.from_declined, taken.from_waiting, taken.earned) == (declined, waiting, earned)
    assert (charge.points_declined, charge.points_waiting) == (30 - declined, 20 - waiting)


@pytest.mark.parametrize(
    ("swept", "absorbed", "lost_excess", "lapsed", "lapsed_excess"),
    [
        (0, 0, 0, 0, 0),
        (10, 0, 0, 10, 0),
        (10, 10, 0, 0, 0),
        (10, 0, 7, 17, 7),
        (10, 10, 7, 7, 7),
        # Of the charge's 20 that a verdict gave, 15 were counted before.
        (10, 25, 50, 5, 5),
        (10, 30, 50, 0, 0),
        # No more than this charge was given, though others of the month lost more.
        (0, 0, 50, 20, 20),
    ],
)
def test_a_refund_counts_what_a_given_excess_lost(
    swept: int, absorbed: int, lost_excess: int, lapsed: int, lapsed_excess: int
) -> None:
    charge = ChargedPoints(10_000, "service", "bronze", 0, 0, 20, 0, 1, swept, absorbed)
    item = RefundItem("f", "c", "subscriber", 10_000, "refund", NOW)
    taken = take_back(book_of([]), item, charge, [], **asked(lost_excess))
    assert (taken.lapsed, taken.lapsed_excess) == (lapsed, lapsed_excess)
    assert taken.to_debt == 100 - lapsed


def asked(lost_excess: int) -> dict[str, Any]:
    return {"lost_excess": lost_excess, "terms": Terms(), "terms_number": 1, "now": NOW}
