"""Files in which billing says what it keeps: totals by day, or single items."""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO, TypeVar

from django.core.management.base import CommandError

from kernel.money import minor_from
from loyalty.policy.reconciliation import KINDS, Heading, Item, Total

ITEM_COLUMNS = ("record", "subscriber_id", "id", "day", "kind", "amount")
TOTAL_COLUMNS = ("day", "record", "kind", "count", "amount")
_FAULTS_SHOWN = 10

_Row = Mapping[str, str]
Told = TypeVar("Told")


class BillingFile:
    """A CSV file of billing's, read from its beginning as often as is asked.

    Attributes:
        has_items: whether it tells of single items; otherwise of totals by day.

    Raises:
        CommandError: it can't be read, or its first line is neither kind's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened() as file:
            header = tuple(next(csv.reader(file), ()))
        if sorted(header) not in (sorted(ITEM_COLUMNS), sorted(TOTAL_COLUMNS)):
            raise CommandError(
                f"The first line of {path.name} names the columns {', '.join(ITEM_COLUMNS)}"
                f" or {', '.join(TOTAL_COLUMNS)}."
            )
        self.has_items = "id" in header

    def items(self) -> Iterator[Item]:
        """What the lines say.

        Raises:
            CommandError: naming the line, where one can't be read.
        """
        for line, row in self._rows():
            yield _read(line, row, _item)

    def totals(self) -> Iterator[tuple[Heading, Total]]:
        """What the lines say; two of one heading are added up by who reads them.

        Raises:
            CommandError: naming the line, where one can't be read.
        """
        for line, row in self._rows():
            yield _read(line, row, _total)

    def days(self) -> tuple[int, date, date]:
        """How many lines there are, the first day and the last.

        Raises:
            CommandError: with what is wrong in each of the first lines that can't be read.
        """
        count, first, last, faults = 0, date.max, date.min, []
        for line, row in self._rows():
            try:
                day = (_item(row) if self.has_items else _total(row)[0]).day
            except ValueError as error:
                faults.append(f"line {line}: {error}")
                if len(faults) == _FAULTS_SHOWN:
                    break
                continue
            count, first, last = count + 1, min(first, day), max(last, day)
        if faults:
            raise CommandError("\n".join(faults))
        if not count:
            raise CommandError(f"{self._path.name} has no lines but the first.")
        return count, first, last

    def _rows(self) -> Iterator[tuple[int, _Row]]:
        with self._opened() as file:
            reader = csv.DictReader(file, strict=True)
            try:
                for row in reader:
                    yield reader.line_num, row
            except (csv.Error, UnicodeDecodeError) as error:
                raise CommandError(f"line {reader.line_num + 1}: {error}") from error

    def _opened(self) -> TextIO:
        try:
            return self._path.open(encoding="utf-8-sig", newline="")
        except OSError as error:
            raise CommandError(f"{self._path} can't be read: {error.strerror}.") from error


def _read(line: int, row: _Row, read: Callable[[_Row], Told]) -> Told:
    try:
        return read(row)
    except ValueError as error:
        raise CommandError(f"line {line}: {error}") from error


def _item(row: _Row) -> Item:
    heading = _heading(row)
    for name in ("subscriber_id", "id"):
        if not 0 < len(row[name] or "") <= 64:
            raise ValueError(f"{name} has 1 to 64 characters")
    return Item(
        heading.record, row["subscriber_id"], row["id"], heading.day, heading.kind, _amount(row)
    )


def _total(row: _Row) -> tuple[Heading, Total]:
    if not (row["count"] or "").isascii() or not (row["count"] or "").isdigit():
        raise ValueError("count is a whole number")
    return _heading(row), Total(int(row["count"]), _amount(row))


def _heading(row: _Row) -> Heading:
    if None in row or None in row.values():
        raise ValueError("it has another number of columns than the first line")
    record, kind = row["record"], row["kind"]
    if record not in KINDS:
        raise ValueError(f"record is one of {', '.join(KINDS)}")
    if kind not in KINDS[record]:
        raise ValueError(f"the kind of a {record} is one of {', '.join(KINDS[record])}")
    try:
        return Heading(date.fromisoformat(row["day"]), record, kind)
    except ValueError:
        raise ValueError('day is written as in "2025-06-30"') from None


def _amount(row: _Row) -> int:
    try:
        amount = minor_from(Decimal(row["amount"]))
    except (InvalidOperation, ValueError):
        raise ValueError('amount is in roubles, as in "599.90"') from None
    if not 0 <= amount < 2**63:
        raise ValueError("amount is not negative, and no larger than a sum of money can be")
    return amount
