"""Count identifiers of more accounts than the limit of their kind."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from fraud.operations.count_crowds import count_crowds


class Command(JobCommand):
    help = "List identifiers that link nobody, because more accounts have them than their limit."

    def run(self, *, now: datetime, **options: Any) -> str:
        return f"{count_crowds(now=now):,} identifiers link nobody as of {now.isoformat()}."
