"""Open missing cases, end claims and snoozes, and let deadlines lapse."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from fraud.operations.tend_cases import tend_cases


class Command(JobCommand):
    help = "Open missing cases, end claims and snoozes, and let deadlines lapse."

    def run(self, *, now: datetime, **options: Any) -> str:
        tended = tend_cases(now=now)
        return (
            f"{tended.opened:,} cases were opened, {tended.freed:,} freed, {tended.lapsed:,} lapsed"
            f" and {tended.closed:,} closed as of {now.isoformat()}."
        )
