"""Announce the points that will lapse in 30 or in 7 days."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.announce_expiring import announce_expiring


class Command(JobCommand):
    help = "Announce the points that will lapse in 30 or in 7 days."

    def run(self, *, now: datetime, **options: Any) -> str:
        notices = announce_expiring(now=now)
        return f"{notices:,} lots were announced to lapse as of {now.isoformat()}."
