"""Forget identifiers that only a block had kept, a month after its end."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from privacy.operations.forget_identifiers import forget_blocked_identifiers


class Command(JobCommand):
    help = "Forget identifiers that nobody has, a month after the end of their last block."

    def run(self, *, now: datetime, **options: Any) -> str:
        return f"{forget_blocked_identifiers(now=now):,} identifiers were forgotten."
