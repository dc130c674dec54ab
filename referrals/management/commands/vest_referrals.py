"""Decide over referrals, and take back the bonuses of those that were undone."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from referrals.operations.vest_referrals import vest_referrals


class Command(JobCommand):
    help = "Decide over referrals, and take back the bonuses of those that were undone."

    def run(self, *, now: datetime, **options: Any) -> str:
        vested = vest_referrals(now=now)
        return (
            f"{vested.qualified:,} referrals qualified, {vested.expired:,} expired, bonuses of"
            f" {vested.taken_back:,} were stopped or taken back, {vested.reinstated:,} payouts"
            f" reinstated, as of {now.isoformat()}."
        )
