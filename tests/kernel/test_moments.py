"""Months, days and the lapse of points, at their edges."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.moments import add_months, day_of, lapse_at, microseconds, month_of, start_of_day

MOSCOW = ZoneInfo("Europe/Moscow")
NEW_YORK = ZoneInfo("America/New_York")

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 3, 1), -12, date(2025, 3, 1)),
        (date(2026, 1, 1), -13, date(2024, 12, 1)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


@given(day=DAYS, months=st.integers(-600, 600))
def test_months_of_the_first_day_add_up(day: date, months: int) -> None:
    first = day.replace(day=1)
    there = add_months(first, months)
    assert (there.year - first.year) * 12 + there.month - first.month == months
    assert add_months(there, -months) == first


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2026-01-31T20:59:59.999999+00:00", date(2026, 1, 1)),
        ("2026-01-31T21:00:00+00:00", date(2026, 2, 1)),
        ("2026-01-31T21:30:00+00:00", date(2026, 2, 1)),
        ("2026-02-01T00:00:00+03:00", date(2026, 2, 1)),
        ("2025-12-31T23:00:00+00:00", date(2026, 1, 1)),
        ("2028-02-29T20:59:00+00:00", date(2028, 2, 1)),
        ("2028-02-29T21:00:00+00:00", date(2028, 3, 1)),
    ],
)
def test_an_instant_belongs_to_the_month_that_it_is_in_moscow(at: str, month: date) -> None:
    assert month_of(datetime.fromisoformat(at), MOSCOW) == month


@given(at=INSTANTS)
def test_an_instant_lies_within_its_day(at: datetime) -> None:
    day = day_of(at, MOSCOW)
    assert start_of_day(day, MOSCOW) <= at < start_of_day(day + timedelta(days=1), MOSCOW)
    assert month_of(at, MOSCOW) == day.replace(day=1)


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 1), MOSCOW, datetime(2026, 2, 28, 21, tzinfo=UTC)),
        # Moscow kept summer time until 2011, and its standard time was UTC+4 until 2014.
        (date(2010, 7, 1), MOSCOW, datetime(2010, 6, 30, 20, tzinfo=UTC)),
        (date(2013, 1, 1), MOSCOW, datetime(2012, 12, 31, 20, tzinfo=UTC)),
        # The days on which clocks change are 23 and 25 hours long.
        (date(2026, 3, 8), NEW_YORK, datetime(2026, 3, 8, 5, tzinfo=UTC)),
        (date(2026, 3, 9), NEW_YORK, datetime(2026, 3, 9, 4, tzinfo=UTC)),
    ],
)
def test_a_day_starts_at_midnight_there(day: date, zone: ZoneInfo, expected: datetime) -> None:
    assert start_of_day(day, zone) == expected
    assert start_of_day(day, zone).tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 2, 28), 12, datetime(2026, 2, 28, 21, tzinfo=UTC)),
        (date(2028, 2, 29), 12, datetime(2029, 2, 28, 21, tzinfo=UTC)),
        (date(2027, 2, 28), 12, datetime(2028, 2, 28, 21, tzinfo=UTC)),
        (date(2025, 3, 31), 12, datetime(2026, 3, 31, 21, tzinfo=UTC)),
        (date(2025, 8, 31), 6, datetime(2026, 2, 28, 21, tzinfo=UTC)),
        (date(2025, 12, 31), 12, datetime(2026, 12, 31, 21, tzinfo=UTC)),
    ],
)
def test_points_lapse_when_the_day_after_their_last_one_starts(
    day: date, months: int, expected: datetime
) -> None:
    assert lapse_at(day, months, MOSCOW) == expected


@given(day=DAYS, months=st.integers(1, 60))
def test_points_of_a_later_day_never_lapse_earlier(day: date, months: int) -> None:
    assert lapse_at(day, months, MOSCOW) <= lapse_at(day + timedelta(days=1), months, MOSCOW)
    assert lapse_at(day, months, MOSCOW) > start_of_day(day, MOSCOW) + timedelta(days=27 * months)


@given(at=INSTANTS)
def test_microseconds_tell_instants_apart_exactly(at: datetime) -> None:
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(at)) == at
    assert microseconds(at.astimezone(MOSCOW)) == microseconds(at)
