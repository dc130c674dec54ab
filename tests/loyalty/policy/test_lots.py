"""Lots are drawn by earliest expiry, ties by number, and get back exactly what was drawn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.lots import Lot, draw, draw_plan, open_lots, restore, spendable_points

NOW = datetime(2026, 3, 17, tzinfo=UTC)


@st.composite
def lots(make: st.DrawFn) -> list[Lot]:
    made = []
    for number in make(st.lists(st.integers(1, 99), unique=True, max_size=8)):
        points = make(st.integers(1, 50))
        remaining = make(st.integers(0, points))
        expires_at = NOW + timedelta(hours=make(st.integers(-3, 3)))
        made.append(Lot(1, number, points, remaining, expires_at))
    return made


def test_a_lot_lapses_at_its_instant() -> None:
    lot = Lot(1, 1, 5, 5, NOW)
    assert lot.has_lapsed(NOW)
    assert not lot.has_lapsed(NOW - timedelta(microseconds=1))


@given(lots())
def test_open_lots_are_those_with_points_that_have_not_lapsed(some: list[Lot]) -> None:
    found = open_lots(some, NOW)
    assert {lot.number for lot in found} == {
        lot.number for lot in some if lot.remaining > 0 and lot.expires_at > NOW
    }
    order = [(lot.expires_at, lot.number) for lot in found]
    assert order == sorted(order)
    assert spendable_points(some, NOW) == sum(lot.remaining for lot in found)


@given(lots(), st.integers(0, 120))
def test_a_plan_empties_each_lot_before_the_next(some: list[Lot], points: int) -> None:
    ordered = open_lots(some, NOW)
    plan = draw_plan(ordered, points)
    drawn = [taken for _, taken in plan]
    assert sum(drawn) == min(points, sum(lot.remaining for lot in ordered))
    assert all(taken > 0 for taken in drawn)
    assert [lot.number for lot, _ in plan] == [lot.number for lot in ordered][: len(plan)]
    assert all(taken == lot.remaining for lot, taken in plan[:-1])


@given(lots(), st.integers(0, 120))
def test_what_was_drawn_can_be_restored(some: list[Lot], points: int) -> None:
    before = [lot.remaining for lot in some]
    draws = draw(draw_plan(open_lots(some, NOW), points), entry=100)
    assert sum(before) - sum(lot.remaining for lot in some) == sum(d.points for d in draws)
    restored = restore(draws, some)
    assert [lot.remaining for lot in some] == before
    assert [(lot.number, back) for lot, back in restored] == [(d.lot, d.points) for d in draws]


def test_a_lot_never_takes_more_than_it_had() -> None:
    lot = Lot(1, 1, 5, 5, NOW)
    draws = draw([(lot, 5)], entry=2)
    restore(draws, [lot])
    with pytest.raises(AssertionError):
        restore(draws, [lot])
    with pytest.raises(AssertionError):
        draw([(Lot(1, 1, 5, 5, NOW), 6)], entry=3)
