"""Load the demo: a real billing history, replayed through the verbs that the API calls."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.operations.load_demo import OtherDemoLoaded, begin_load, load_demo
from demo.queries.referrals import bonuses_by_status, referrals_by_status
from doors.jobs import Progress, add_as_of, moment_asked_for


class Command(BaseCommand):
    help = "Replay the demo's billing history; its amounts are dollars × 10 as roubles."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add how many customers, and the moment at which their history ends."""
        parser.add_argument(
            "--customers",
            type=_count,
            default=None,
            metavar="N",
            help="only the first N customers of the file; default all 7,043",
        )
        add_as_of(parser, means="when the history ends; default now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay what is missing of the history, then prove the ledger and say how long it took."""
        started = monotonic()
        now = moment_asked_for(options, now=datetime.now(UTC))
        try:
            load, history = begin_load(customers=options["customers"], now=now)
        except OtherDemoLoaded as error:
            raise CommandError(str(error)) from None
        size = (
            f"{history.charges:,} charges of {load.customers:,} customers"
            f" (dollars × 10 as roubles), as of {load.as_of.isoformat()}"
        )
        if load.is_finished:
            self.stdout.write(f"The demo is loaded already: {size}.")
            return
        with Progress("Replaying bills", total=history.charges, unit="charges") as progress:
            load_demo(history=history, progress=progress.advance)
        seconds = monotonic() - started
        call_command("audit_ledger", stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(f"Generated referrals: {_listed(referrals_by_status())}.")
        self.stdout.write(f"Their bonuses: {_listed(bonuses_by_status())}.")
        self.stdout.write(f"The demo is loaded: {size}, in {seconds:.0f} s.")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {status}" for status, count in counts.items()) or "none"


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a number of customers, at least 1")
    return int(text)
