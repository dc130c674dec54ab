"""Rows: a line of NDJSON, or a record of CSV, as the object that the API would read.

A CSV record may run over several lines inside quotation marks. If the quotation isn't closed
within a row's length, it was a stray mark, and only its own line is lost.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from imports.policy.kinds import (
    BOOLEAN,
    CSV,
    END_SUFFIX,
    IDENTIFIER,
    IDENTIFIER_END,
    INTEGER,
    SUBSCRIBER,
    TEXT,
    Column,
    RowFault,
)
from imports.policy.lines import ROW_BYTES_MAX, Line, LineReader
from kernel.json_text import has_repeated_member, repeated_member

# How many lines of others pass before a worker says that it is alive.
LINES_PASSED_MAX = 100_000

_Place = Callable[[bytes | None], int | None]
_SUBSCRIBER_MEMBER = re.compile(rb'"subscriber_id"\s*:\s*"([^"]*)"')
_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)

# A cell may be as long as its row.
csv.field_size_limit(ROW_BYTES_MAX)

TOO_LONG = RowFault("row_too_long", f"A row has at most {ROW_BYTES_MAX} bytes.")
NOT_UTF8 = RowFault("not_utf8", "This row is not UTF-8.")
NOT_JSON = RowFault("not_json", "This line is not JSON.")
NOT_AN_OBJECT = RowFault("not_an_object", "This line is not a JSON object.")
MEMBER_REPEATED = "An object names a member twice."
OPEN_QUOTE = RowFault("open_quote", "A quotation mark is opened and not closed.")
NOT_CSV = RowFault("not_csv", "The quotation marks of this row are not those of CSV.")


class Row(NamedTuple):
    """A row: its object, or why there is none.

    Attributes:
        line: the number of its first line.
        bytes: how long it is.
    """

    line: int
    bytes: int
    document: dict[str, Any] | None
    fault: RowFault | None = None


class _Unreadable(Exception):
    """Carries the fault of a row that can't be read."""

    def __init__(self, fault: RowFault) -> None:
        self.fault = fault


class Share(NamedTuple):
    """One shard of so many: the rows of the subscribers whose hash falls on it."""

    number: int
    of: int


WHOLE = Share(0, 1)


def rows_in(
    reader: LineReader, form: str, columns: Sequence[Column], share: Share = WHOLE
) -> Iterator[Row | None]:
    """Yield the rows of a shard from where the reader stands; blank lines are passed over.

    Yields None now and then while only others' rows pass, so that nobody takes us for dead.

    Args:
        reader: behind the header of a CSV file.
        form: CSV or NDJSON.
        columns: those of the CSV file, in its order.
    """
    place_of = _csv_place(columns, share.of) if form == CSV else _ndjson_place(share.of)
    read = _CsvRecords(reader, columns).document if form == CSV else _ndjson_document
    passed = 0
    while (line := reader.next_line()) is not None:
        if line.text is not None and not line.text.strip():
            continue
        place = place_of(line.text)
        if place is None or place == share.number:
            row = _row(line, read, reader)
            if place is not None or _place_of_row(row, share.of) == share.number:
                yield row
                continue
        passed += 1
        if passed % LINES_PASSED_MAX == 0:
            yield None


def _row(line: Line, read: Callable[[Line], dict[str, Any]], reader: LineReader) -> Row:
    try:
        document, fault = read(line), None
    except _Unreadable as unreadable:
        document, fault = None, unreadable.fault
    length = reader.offset - line.ends_at + len(line.text or b"")
    return Row(line.number, length, document, fault)


def _csv_place(columns: Sequence[Column], shards: int) -> _Place:
    """Return how to tell the shard of a line before it is read, or None if it must be read.

    Every worker looks at every line, and this costs a tenth of reading it. All workers tell the
    same of the same line, so that each row has one shard, an unreadable one too.
    """
    paths = [column.path for column in columns]
    at = paths.index((SUBSCRIBER,))

    def place(text: bytes | None) -> int | None:
        if text is None:
            return 0
        if b'"' in text:
            return None
        cells = text.split(b",", at + 1)
        return crc32(cells[at]) % shards if len(cells) > at else 0

    return place


def _ndjson_place(shards: int) -> _Place:
    """Return the same for NDJSON; what is escaped, or said twice, must be read."""

    def place(text: bytes | None) -> int | None:
        if text is None:
            return 0
        named = _SUBSCRIBER_MEMBER.findall(text)
        return None if len(named) != 1 or b"\\" in text else crc32(named[0]) % shards

    return place


def _place_of_row(row: Row, shards: int) -> int:
    """Return the shard of a row that was read: its subscriber's, or 0 if it names none."""
    subscriber = row.document.get(SUBSCRIBER) if row.document is not None else None
    if type(subscriber) is not str:
        return 0
    return crc32(subscriber.encode()) % shards


def _ndjson_document(line: Line) -> dict[str, Any]:
    if line.text is None:
        raise _Unreadable(TOO_LONG)
    try:
        document = orjson.loads(line.text)
    except orjson.JSONDecodeError:
        raise _Unreadable(NOT_JSON) from None
    if type(document) is not dict:
        raise _Unreadable(NOT_AN_OBJECT)
    if has_repeated_member(line.text, document):
        name = repeated_member(line.text)
        said = f'An object names the member "{name}" twice.' if name else MEMBER_REPEATED
        raise _Unreadable(RowFault("repeated_member", said))
    return document


class _CsvRecords:
    """Reads records, each from its first line on and as many further ones as it takes."""

    def __init__(self, reader: LineReader, columns: Sequence[Column]) -> None:
        self._reader = reader
        self._columns = columns
        is_plain = all(column.reads == TEXT and len(column.path) == 1 for column in columns)
        # Charges have plain columns only, and come in millions.
        self._names = [column.path[0] for column in columns] if is_plain else None

    def document(self, line: Line) -> dict[str, Any]:
        cells = self._cells(line)
        if len(cells) != len(self._columns):
            expected = len(self._columns)
            detail = f"This row has {len(cells)} cells, and the header {expected}."
            raise _Unreadable(RowFault("cell_count", detail))
        if self._names is not None:
            return {name: cell for name, cell in zip(self._names, cells, strict=True) if cell}
        return document_from(self._columns, cells)

    def _cells(self, line: Line) -> list[str]:
        text = _decoded(line)
        try:
            return cells_in(text)
        except csv.Error:
            pass
        whole = self._to_closing_quote(line, text)
        if whole is not None:
            try:
                return cells_in(whole)
            except csv.Error:
                self._reader.go_back_to(line)
                raise _Unreadable(NOT_CSV) from None
        self._reader.go_back_to(line)
        is_open = text.count('"') % 2 == 1
        raise _Unreadable(OPEN_QUOTE if is_open else NOT_CSV)

    def _to_closing_quote(self, line: Line, text: str) -> str | None:
        """Return the lines up to the one that closes the quotation, or None within reach."""
        if text.count('"') % 2 == 0:
            return None
        lines, room = [text], ROW_BYTES_MAX - len(text)
        while room > 0 and (following := self._reader.next_line()) is not None:
            if following.text is None:
                return None
            try:
                lines.append(following.text.decode())
            except UnicodeDecodeError:
                return None
            room -= len(following.text) + 1
            if lines[-1].count('"') % 2 == 1:
                return "\n".join(lines)
        return None


def _decoded(line: Line) -> str:
    if line.text is None:
        raise _Unreadable(TOO_LONG)
    try:
        return line.text.decode()
    except UnicodeDecodeError:
        raise _Unreadable(NOT_UTF8) from None


def cells_in(record: str) -> list[str]:
    """Return the cells of one CSV record.

    Raises:
        csv.Error: its quotation marks don't match.
    """
    # Cells without a quotation mark, which is nearly all of them, are split four times faster.
    if '"' not in record and "\r" not in record:
        return record.split(",")
    return next(csv.reader([record], strict=True))


def document_from(columns: Sequence[Column], cells: Sequence[str]) -> dict[str, Any]:
    """Return the API's object that these cells mean; an empty cell is an absent member.

    What isn't exactly a boolean or an integer stays text, which the strict fields refuse.
    """
    document: dict[str, Any] = {}
    identifiers: dict[str, dict[str, str]] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        if column.reads in (IDENTIFIER, IDENTIFIER_END):
            kind = column.path[-1].removesuffix(END_SUFFIX)
            member = "value" if column.reads == IDENTIFIER else "until"
            identifiers.setdefault(kind, {"kind": kind})[member] = cell
        else:
            _put(document, column.path, _value(column.reads, cell))
    if identifiers:
        document["identifiers"] = list(identifiers.values())
    return document


def _put(document: dict[str, Any], path: Sequence[str], value: object) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document[path[-1]] = value


def _value(reads: str, cell: str) -> object:
    if reads == BOOLEAN:
        return _BOOLEANS.get(cell, cell)
    if reads == INTEGER and _INTEGER.fullmatch(cell):
        return int(cell)
    return cell
