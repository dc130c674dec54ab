"""Pay the instalments that are due."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.pay_due import pay_due


class Command(JobCommand):
    help = "Pay the instalments that are due."

    def run(self, *, now: datetime, **options: Any) -> str:
        paid = pay_due(now=now)
        return f"{paid:,} instalments were paid as of {now.isoformat()}."
