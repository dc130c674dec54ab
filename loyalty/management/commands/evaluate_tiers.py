"""Evaluate tiers for every month that has begun."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.evaluate_tiers import evaluate_tiers


class Command(JobCommand):
    help = "Evaluate tiers for every month that has begun."

    def run(self, *, now: datetime, **options: Any) -> str:
        changed = evaluate_tiers(now=now)
        return f"{changed:,} subscribers changed their tier as of {now.isoformat()}."
