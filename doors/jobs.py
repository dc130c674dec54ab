"""Clock commands: one verb, one moment, one line of what was done; and their progress bars."""

import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from doors.api.faults import Rejected
from doors.api.fields import DateField, InstantField
from doors.retries import FOR_A_JOB, retried
from kernel.moments import start_of_day

LINE_EVERY_SECONDS = 10.0

Item = TypeVar("Item")

_day = DateField()
_instant = InstantField()


def moment(text: str) -> datetime:
    """Return the moment that an `--as-of` means.

    A day means its first instant in the program's time zone.

    Raises:
        ArgumentTypeError: neither RFC 3339 with an offset nor YYYY-MM-DD.
    """
    try:
        if len(text) == len("2025-06-30"):
            return start_of_day(_day.read(text), ZoneInfo(settings.PROGRAM_TIME_ZONE))
        return _instant.read(text)
    except Rejected as rejection:
        raise ArgumentTypeError(rejection.faults[0].detail) from None


def add_as_of(parser: CommandParser, *, means: str) -> None:
    """Add `--as-of`, and the `--yes` without which no moment is taken that is still to come."""
    parser.add_argument("--as-of", type=moment, default=None, metavar="MOMENT", help=means)
    parser.add_argument(
        "--yes",
        action="store_true",
        help="as of a moment that is still to come: what lapses until then lapses now",
    )


def moment_asked_for(options: dict[str, Any], *, now: datetime) -> datetime:
    """Take `--as-of` and `--yes` out of a command's options; the moment to go by.

    Raises:
        CommandError: the moment is still to come, and nobody said `--yes`.
    """
    as_of, agreed = options.pop("as_of"), options.pop("yes")
    if isinstance(as_of, str):
        # `call_command` hands keyword options over unparsed.
        as_of = moment(as_of)
    if as_of is None:
        return now
    if as_of > now and not agreed:
        raise CommandError(
            f"{as_of.isoformat()} is still to come: what lapses or falls due until then would do"
            " so now. If that is meant, say --yes."
        )
    asked: datetime = as_of
    return asked


class JobCommand(BaseCommand):
    """A command that the clock gives too: it calls one verb with `now` and says what came of it.

    Safe to repeat, as its verb is.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--as-of` and `--yes`; a subclass with arguments of its own calls this one."""
        add_as_of(
            parser,
            means="RFC 3339 with an offset, or a day (its start in the program's zone);"
            " default now",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the job as of the moment asked for, and print its line."""
        now = moment_asked_for(options, now=datetime.now(UTC))
        run = retried(FOR_A_JOB)(self.run)
        self.stdout.write(run(now=now, **options))

    def run(self, *, now: datetime, **options: Any) -> str:
        """Call the verb and return one line that says what was done."""
        raise NotImplementedError


class Progress(AbstractContextManager["Progress"]):
    """A progress bar on a terminal; elsewhere (a log) a line every ten seconds and at the end.

    Args:
        label: what is being done.
        total: how many steps there will be, if that is known.
        unit: what a step is.
        stream: where to; standard error by default, so that output can be piped.
    """

    def __init__(
        self,
        label: str,
        *,
        total: int | None = None,
        unit: str = "rows",
        stream: TextIO | None = None,
    ) -> None:
        self.done = 0
        self._label = label
        self._total = total
        self._unit = unit
        self._stream = stream or sys.stderr
        self._started = self._last_line = time.monotonic()
        self._bar = (
            tqdm(
                total=total,
                desc=label,
                unit=f" {unit}",
                file=self._stream,
                unit_scale=True,
            )
            if self._stream.isatty()
            else None
        )

    def advance(self, steps: int = 1) -> None:
        """Count steps that are done."""
        self.done += steps
        if self._bar is not None:
            self._bar.update(steps)
        elif time.monotonic() - self._last_line >= LINE_EVERY_SECONDS:
            self._write_line()

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield items, counting each once it was dealt with."""
        for item in items:
            yield item
            self.advance()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        else:
            self._write_line()

    def _write_line(self) -> None:
        self._last_line = time.monotonic()
        rate = self.done / max(self._last_line - self._started, 1e-9)
        of_total = f" of {self._total:,}" if self._total is not None else ""
        self._stream.write(f"{self._label}: {self.done:,}{of_total} {self._unit}, {rate:,.0f}/s\n")
        self._stream.flush()
