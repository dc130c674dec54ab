"""Keep the trial balance of every month that has ended."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.close_month import close_month


class Command(JobCommand):
    help = "Keep the program's trial balance at the end of every month that has ended."

    def run(self, *, now: datetime, **options: Any) -> str:
        months = close_month(now=now)
        closed = ", ".join(f"{month:%Y-%m}" for month in months) or "no month"
        return f"Closed {closed} as of {now.isoformat()}."
