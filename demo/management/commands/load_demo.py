"""Load the demo: a real billing history, replayed through the verbs that the API calls."""

from argparse import ArgumentTypeError
from datetime import datetime
from time import monotonic
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from demo.operations.load_demo import OtherDemoLoaded, begin_load, load_demo
from doors.jobs import JobCommand, Progress


class Command(JobCommand):
    help = "Replay the demo's billing history; its amounts are dollars × 10 as roubles."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--customers",
            type=_count,
            default=None,
            metavar="N",
            help="only the first N customers of the file; default all 7,043",
        )

    def run(self, *, now: datetime, **options: Any) -> str:
        started = monotonic()
        try:
            load, history = begin_load(customers=options["customers"], now=now)
        except OtherDemoLoaded as error:
            raise CommandError(str(error)) from None
        size = f"{history.charges:,} charges of {load.customers:,} customers"
        if load.is_finished:
            return f"The demo is loaded already: {size}, as of {load.as_of.isoformat()}."
        with Progress("Replaying bills", total=history.charges, unit="charges") as progress:
            load_demo(history=history, progress=progress.advance)
        seconds = monotonic() - started
        call_command("audit_ledger", stdout=self.stdout, stderr=self.stderr)
        return (
            f"The demo is loaded: {size} (dollars × 10 as roubles), as of"
            f" {load.as_of.isoformat()}, in {seconds:.0f} s."
        )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a number of customers, at least 1")
    return int(text)
