"""manage.py resume_imports: call workers to what was lost."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from imports.operations import call_shards, sweep_files


class Command(JobCommand):
    help = "Calls workers to imports whose workers are gone, and sweeps up stray files."

    def run(self, *, now: datetime, **options: Any) -> str:
        """Call, sweep, and say how much."""
        called, swept = call_shards(now=now), sweep_files(now=now)
        return f"{called} shards called, {swept} stray files removed."
