"""Look again at what the screen stopped because of identifiers that somebody else had."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from fraud.operations.review_marks import review_marks


class Command(JobCommand):
    help = "Take back marks, refusals and holds of the screen that no identifier supports any more."

    def run(self, *, now: datetime, **options: Any) -> str:
        reviewed = review_marks(now=now)
        return (
            f"{reviewed.marks:,} marks were cleared, {reviewed.referrals:,} referrals joined again,"
            f" {reviewed.benefits:,} benefits let out and {reviewed.cases:,} cases closed as of"
            f" {now.isoformat()}."
        )
