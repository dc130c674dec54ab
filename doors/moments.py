"""Moments as people read them: in the page's zone, by the formats of their language."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime


def day_shown(at: datetime) -> str:
    """The day of a moment."""
    return date_format(localtime(at), "DATE_FORMAT")


def short_moment_shown(at: datetime) -> str:
    """A moment of about this year: its day and month, and its time of day."""
    there = localtime(at)
    return f"{date_format(there, 'MONTH_DAY_FORMAT')}, {date_format(there, 'TIME_FORMAT')}"


def moment_shown(at: datetime, *, with_seconds: bool = False) -> str:
    """A moment with its date and time of day."""
    there = localtime(at)
    if not with_seconds:
        return date_format(there, "DATETIME_FORMAT")
    return f"{date_format(there, 'DATE_FORMAT')}, {there:%H:%M:%S}"
