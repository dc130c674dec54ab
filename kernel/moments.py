"""Moments: instants are aware and in UTC; months, days and expiry follow a zone.

A month is written as the date of its first day.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CLOCK_SKEW = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, clamped to the end of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@lru_cache(maxsize=4096)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` begins in `zone`, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day in `zone` that `at` falls on."""
    return at.astimezone(zone).date()


def month_of(at: datetime, zone: ZoneInfo) -> date:
    """The calendar month in `zone` that `at` falls in."""
    return at.astimezone(zone).date().replace(day=1)


@lru_cache(maxsize=4096)
def lapse_at(day: date, life_months: int, zone: ZoneInfo) -> datetime:
    """When points that were earned on `day` lapse: the start of the day after the last one.

    A life of 12 months from 28 February 2025 ends with 28 February 2026, so that the points
    lapse at the first instant of 1 March 2026 in `zone`.
    """
    return start_of_day(add_months(day, life_months) + timedelta(days=1), zone)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND
