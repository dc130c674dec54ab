"""Move points that have lapsed, or that closed subscribers left, to the program."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doors.jobs import JobCommand
from loyalty.operations.expire_points import expire_points
from loyalty.policy.expiry import SweepTooLarge


class Command(JobCommand):
    help = "Move points that have lapsed, or that closed subscribers left, to the program."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add how many points may go, for a sweep that stopped and asked."""
        super().add_arguments(parser)
        parser.add_argument(
            "--points-max",
            type=int,
            default=None,
            metavar="POINTS",
            help="so many may go; default what may go unasked (SWEEP_SHARE_MAX)",
        )

    def run(self, *, now: datetime, **options: Any) -> str:
        try:
            lots = expire_points(now=now, points_max=options["points_max"])
        except SweepTooLarge as refusal:
            raise CommandError(refusal.detail) from None
        return f"{lots:,} lapsed lots were emptied as of {now.isoformat()}."
