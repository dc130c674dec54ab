"""Say of every subscriber how unusual they are, and show the most unusual to a person."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from fraud.operations.score_anomalies import score_anomalies


class Command(JobCommand):
    help = "Say of every subscriber how unusual they are, and show the most unusual to a person."

    def run(self, *, now: datetime, **options: Any) -> str:
        scored = score_anomalies(now=now)
        said = (
            f"{scored.subscribers:,} subscribers were scored, {scored.groups:,} groups of"
            f" look-alikes found and {scored.cases:,} cases opened as of {now.isoformat()}."
        )
        if scored.broken:
            said += f" Not loaded, see the log: {', '.join(scored.broken)}."
        return said
