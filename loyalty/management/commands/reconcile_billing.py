"""Compare what is kept with billing's file, and list what differs."""

import json
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from doors.jobs import Progress
from kernel.money import decimal_string
from kernel.spreadsheets import csv_lines
from loyalty.management.billing_files import BillingFile
from loyalty.policy.reconciliation import (
    SHARED_ID,
    Item,
    ItemDifference,
    TotalDifference,
    summed,
    total_differences,
)
from loyalty.queries.reconciliation import (
    Period,
    RepeatedItem,
    item_differences,
    totals_by_day,
)

_SHOWN = 50
_COLUMNS = ("what", "record", "subscriber_id", "id", "our_day", "our_kind", "our_amount",
            "their_day", "their_kind", "their_amount")  # fmt: skip
_TOTAL_COLUMNS = ("day", "record", "kind", "our_count", "our_amount", "their_count",
                  "their_amount")  # fmt: skip

_Line = dict[str, Any]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day is written as in 2025-06-30") from None


class Command(BaseCommand):
    help = (
        "Compare what is kept with billing's file of items (record, subscriber_id, id, day, kind,"
        " amount) or of totals (day, record, kind, count, amount), and list what differs."
        " Exit code 1 if anything does. Nothing is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, UTF-8, with a first line of names")
        parser.add_argument(
            "--since", type=_day, metavar="DAY", help="default: the first day in the file"
        )
        parser.add_argument(
            "--until", type=_day, metavar="DAY", help="not in it; default: after the file's last"
        )
        parser.add_argument("--output", type=Path, metavar="FILE", help="all differences, as CSV")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, print, and say by the exit code whether both sides agree."""
        file = BillingFile(Path(options["file"]))
        lines, first, last = file.days()
        period = Period(options["since"] or first, options["until"] or last + timedelta(days=1))
        if period.since >= period.until:
            raise CommandError("--since lies before --until.")
        has_items = file.has_items
        found = self._items(file, period, lines) if has_items else self._totals(file, period)
        try:
            columns = _COLUMNS if has_items else _TOTAL_COLUMNS
            differing = self._tell(columns, found, options["output"], period, options["as_json"])
        except RepeatedItem as error:
            raise CommandError(f"{error}.") from error
        if differing:
            sys.exit(1)

    def _items(self, file: BillingFile, period: Period, lines: int) -> Iterator[_Line]:
        records = {item.record for item in file.items()}
        with Progress("Reading", total=lines, unit="items") as progress:
            theirs = (
                item
                for item in progress.over(file.items())
                if period.since <= item.day < period.until
            )
            for difference in item_differences(period, records=records, theirs=theirs):
                yield _item_line(difference)

    def _totals(self, file: BillingFile, period: Period) -> Iterator[_Line]:
        theirs = summed(file.totals())
        records = {heading.record for heading in theirs}
        asked = {
            heading: total
            for heading, total in theirs.items()
            if period.since <= heading.day < period.until
        }
        ours = totals_by_day(period)
        told = {heading: total for heading, total in ours.items() if heading.record in records}
        return map(_total_line, total_differences(told, asked))

    def _tell(
        self,
        columns: tuple[str, ...],
        found: Iterable[_Line],
        output: Path | None,
        period: Period,
        as_json: bool,
    ) -> int:
        counted: Counter[str] = Counter()
        shown: list[_Line] = []
        shared = _Shared()

        def noted() -> Iterator[list[Any]]:
            for line in found:
                _note(line, counted, shown, shared)
                yield [line.get(column, "") for column in columns]

        if output is None:
            for _line in noted():
                pass
        else:
            with output.open("w", encoding="utf-8", newline="") as file:
                file.writelines(csv_lines(columns, noted()))
        number = counted.total()
        if as_json:
            said = {"since": period.since.isoformat(), "until": period.until.isoformat(),
                    "differences": number, "counts": counted, "first": shown,
                    "shared_ids": shared.number, "first_shared": shared.first}  # fmt: skip
            self.stdout.write(json.dumps(said))
            return number
        for each in chain(_lines(shown, counted, number, period), shared.told()):
            self.stdout.write(each)
        return number


def _note(line: _Line, counted: Counter[str], shown: list[_Line], shared: "_Shared") -> None:
    """Count a line, and keep the first of them to be shown."""
    if shared.has_taken(line):
        return
    counted[line.get("what", "total_differs")] += 1
    if len(shown) < _SHOWN:
        shown.append(line)


@dataclass(slots=True)
class _Shared:
    """Ids that stand under several subscribers, in the order in which they come."""

    number: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)
    _last: tuple[str, str] | None = None

    def has_taken(self, line: _Line) -> bool:
        """Count an id with its first subscriber, and note the others of the first ids."""
        if line.get("what") != SHARED_ID:
            return False
        if self._last != (line["record"], line["id"]):
            self._last = (line["record"], line["id"])
            self.number += 1
            if self.number <= _SHOWN:
                self.first.append({"record": line["record"], "id": line["id"], "subscribers": []})
        if self.number <= _SHOWN and len(self.first[-1]["subscribers"]) < _SHOWN:
            self.first[-1]["subscribers"].append(line["subscriber_id"])
        return True

    def told(self) -> Iterator[str]:
        if not self.number:
            return
        yield (
            f"{self.number:,} ids stand under several subscribers, as ids that are unique per"
            " subscriber may; check that none was sent under the wrong one:"
        )
        for each in self.first:
            yield f"  {each['record']} {each['id']}: {', '.join(each['subscribers'])}"
        if self.number > len(self.first):
            yield f"  … and {self.number - len(self.first):,} more; --output writes all of them."


def _lines(shown: list[_Line], counted: Counter[str], number: int, period: Period) -> Iterator[str]:
    last = period.until - timedelta(days=1)
    if not number:
        yield f"Both sides agree from {period.since} to {last}."
        return
    for line in shown:
        yield "  " + "  ".join(f"{name}={value}" for name, value in line.items() if value != "")
    if number > len(shown):
        yield f"  … and {number - len(shown):,} more; --output writes all of them."
    of_each = ", ".join(f"{what} {n:,}" for what, n in counted.most_common())
    yield f"{number:,} differences from {period.since} to {last}: {of_each}."


def _item_line(difference: ItemDifference) -> _Line:
    one = difference.ours or difference.theirs
    assert one is not None, "a difference has a side"
    return {
        "what": difference.what,
        "record": one.record,
        "subscriber_id": one.subscriber_id,
        "id": one.item_id,
        **_side("our", difference.ours),
        **_side("their", difference.theirs),
    }


def _side(whose: str, item: Item | None) -> _Line:
    if item is None:
        return {f"{whose}_day": "", f"{whose}_kind": "", f"{whose}_amount": ""}
    return {
        f"{whose}_day": item.day.isoformat(),
        f"{whose}_kind": item.kind,
        f"{whose}_amount": decimal_string(item.amount_minor),
    }


def _total_line(difference: TotalDifference) -> _Line:
    heading, ours, theirs = difference.heading, difference.ours, difference.theirs
    return {
        "day": heading.day.isoformat(),
        "record": heading.record,
        "kind": heading.kind,
        "our_count": ours.number,
        "our_amount": decimal_string(ours.amount_minor),
        "their_count": theirs.number,
        "their_amount": decimal_string(theirs.amount_minor),
    }
