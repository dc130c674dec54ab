"""The period of a report, in days of the program's time zone."""

from datetime import date, timedelta
from typing import Any

from doors.api.bodies import StrictQuery
from doors.api.faults import Fault, InvalidInput
from doors.api.fields import DateField

DAYS_DEFAULT, DAYS_MAX = 30, 731


class PeriodQuery(StrictQuery):
    """The period of a report, in days of the program's time zone."""

    since = DateField(required=False, help_text="The first day; by default 30 days before `until`.")
    until = DateField(
        required=False,
        help_text="The day after the last one; by default tomorrow. At most 731 days.",
    )


def period_asked(query: dict[str, Any], today: date) -> tuple[date, date]:
    """The first day, and the day after the last one.

    Raises:
        InvalidInput: it ends before it begins, or is too long.
    """
    until: date = query.get("until", today + timedelta(days=1))
    since: date = query.get("since", until - timedelta(days=DAYS_DEFAULT))
    if not timedelta(0) < until - since <= timedelta(days=DAYS_MAX):
        detail = f"A period ends after it begins, and has at most {DAYS_MAX} days."
        raise InvalidInput([Fault(("until",), "out_of_range", detail)], place="parameter")
    return since, until
