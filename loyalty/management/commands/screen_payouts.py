"""Screen the benefits that were requested."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.screen_payouts import screen_payouts


class Command(JobCommand):
    help = "Screen the benefits that were requested."

    def run(self, *, now: datetime, **options: Any) -> str:
        moved = screen_payouts(now=now)
        return f"{moved:,} payouts went on as of {now.isoformat()}."
