"""Count how often inviters invite, once a day."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from fraud.operations.count_norms import count_norms


class Command(JobCommand):
    help = "Count how often inviters invite, once a day."

    def run(self, *, now: datetime, **options: Any) -> str:
        norm = count_norms(now=now)
        if norm is None:
            return "Nobody has invited anybody in the last 30 days."
        mean = norm.mean_thousandths / 1000
        return f"{norm.inviters:,} inviters with {mean:.2f} joins each on {norm.day}."
