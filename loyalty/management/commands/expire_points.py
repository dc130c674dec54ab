"""Move points that have lapsed, or that closed subscribers left, to the program."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.expire_points import expire_points


class Command(JobCommand):
    help = "Move points that have lapsed, or that closed subscribers left, to the program."

    def run(self, *, now: datetime, **options: Any) -> str:
        lots = expire_points(now=now)
        return f"{lots:,} lapsed lots were emptied as of {now.isoformat()}."
