"""Revoke what is left in wallets some time after their subscribers closed."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from loyalty.operations.revoke_closed import revoke_closed


class Command(JobCommand):
    help = "Revoke what is left in wallets some time after their subscribers closed."

    def run(self, *, now: datetime, **options: Any) -> str:
        emptied = revoke_closed(now=now)
        return f"{emptied:,} wallets of closed subscribers were emptied as of {now.isoformat()}."
