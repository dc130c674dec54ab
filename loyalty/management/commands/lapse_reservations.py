"""Give back the points of overdue reservations and of closed subscribers."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.return_points import lapse_reservations


class Command(JobCommand):
    help = "Give back the points of overdue reservations and of closed subscribers."

    def run(self, *, now: datetime, **options: Any) -> str:
        returned = lapse_reservations(now=now)
        return f"{returned:,} redemptions gave their points back as of {now.isoformat()}."
