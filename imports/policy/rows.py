"""Rows: a line of NDJSON, or a record of CSV, as the object that the API would read.

A CSV record may run over several lines inside quotation marks. If the quotation isn't closed
within a row's length, it was a stray mark, and only its own line is lost.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from imports.policy.cells import document_from
from imports.policy.kinds import (
    AMOUNT,
    BOOLEAN,
    CSV,
    DAY,
    IDENTIFIER,
    INSTANT,
    INTEGER,
    SUBSCRIBER,
    RowFault,
)
from imports.policy.lines import ROW_BYTES_MAX, Line, LineReader
from imports.policy.tables import Table, cells_in
from kernel.json_text import has_repeated_member, repeated_member

# How many lines of others pass before a worker says that it is alive.
LINES_PASSED_MAX = 100_000

_WHITE = b" \t\r\n\x0b\x0c"
_Place = Callable[[bytes | None], int | None]
_SUBSCRIBER_MEMBER = re.compile(rb'"subscriber_id"\s*:\s*"([^"]*)"')

# Whether a cell may hold a number in its short form.
_EXPONENT = re.compile(r"[0-9.,][Ee]\+[0-9]|[0-9][.,][0-9]*[Ee]-?[0-9]", re.ASCII)

# A cell may be as long as its row.
csv.field_size_limit(ROW_BYTES_MAX)

TOO_LONG = RowFault("row_too_long", f"A row has at most {ROW_BYTES_MAX} bytes.")
NOT_UTF8 = RowFault(
    "not_utf8", "This row is not UTF-8. In Excel, save the file as CSV UTF-8 (comma delimited)."
)
NOT_JSON = RowFault("not_json", "This line is not JSON.")
NOT_AN_OBJECT = RowFault("not_an_object", "This line is not a JSON object.")
MEMBER_REPEATED = "An object names a member twice."
OPEN_QUOTE = RowFault("open_quote", "A quotation mark is opened and not closed.")
LONE_RETURN = RowFault(
    "line_ends",
    "There is a carriage return within this row: end lines with LF or CRLF, and put cells of"
    " several lines into quotation marks.",
)
NOT_CSV = RowFault("not_csv", "The quotation marks of this row are not those of CSV.")


class Row(NamedTuple):
    """A row: its object, or why there is none.

    Attributes:
        line: the number of its first line.
        bytes: how long it is.
        document: beside a fault only if the row can be named by it.
    """

    line: int
    bytes: int
    document: dict[str, Any] | None
    fault: RowFault | None = None


class _Unreadable(Exception):
    """Carries the fault of a row that can't be read, and what could be read of it."""

    def __init__(self, fault: RowFault, document: dict[str, Any] | None = None) -> None:
        self.fault = fault
        self.document = document


class _Blank(Exception):
    """A row without any value."""


class Share(NamedTuple):
    """One shard of so many: the rows of the subscribers whose hash falls on it."""

    number: int
    of: int


WHOLE = Share(0, 1)


def rows_in(
    reader: LineReader, form: str, table: Table, share: Share = WHOLE
) -> Iterator[Row | None]:
    """Yield the rows of a shard from where the reader stands; blank ones are passed over.

    Yields None now and then while only others' rows pass, so that nobody takes us for dead.

    Args:
        reader: behind the header of a CSV file.
        form: CSV or NDJSON.
        table: the layout of a CSV file.
    """
    place_of = _csv_place(table, share.of) if form == CSV else _ndjson_place(share.of)
    read = _CsvRecords(reader, table).document if form == CSV else _ndjson_document
    # A spreadsheet writes rows without a value as separators.
    nothing = _WHITE + table.separator.encode() if form == CSV else _WHITE
    passed = 0
    while (line := reader.next_line()) is not None:
        if line.text is not None and line.text[:1] in nothing and not line.text.strip(nothing):
            continue
        place = place_of(line.text)
        if place is None or place == share.number:
            row = _row(line, read, reader)
            if row is None:
                continue
            if place is not None or _place_of_row(row, share.of) == share.number:
                yield row
                continue
        passed += 1
        if passed % LINES_PASSED_MAX == 0:
            yield None


def _row(line: Line, read: Callable[[Line], dict[str, Any]], reader: LineReader) -> Row | None:
    document: dict[str, Any] | None
    fault: RowFault | None
    try:
        document, fault = read(line), None
    except _Unreadable as unreadable:
        document, fault = unreadable.document, unreadable.fault
    except _Blank:
        return None
    length = reader.offset - line.ends_at + len(line.text or b"")
    return Row(line.number, length, document, fault)


def _csv_place(table: Table, shards: int) -> _Place:
    """Return how to tell the shard of a line before it is read, or None if it must be read.

    Every worker looks at every line, and this costs a tenth of reading it. All workers tell the
    same of the same line, so that each row has one shard, an unreadable one too.
    """
    paths = [column.path for column in table.columns]
    at = paths.index((SUBSCRIBER,))
    separator = table.separator.encode()
    is_spaced = table.is_spaced

    def place(text: bytes | None) -> int | None:
        if text is None:
            return 0
        if b'"' in text:
            return None
        cells = text.split(separator, at + 1)
        if len(cells) <= at:
            return 0
        # A cell that the reader takes for something else than it is must be read.
        is_other = is_spaced or b"'" in cells[at]
        return None if is_other else crc32(cells[at]) % shards

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

    def __init__(self, reader: LineReader, table: Table) -> None:
        self._reader = reader
        self._table = table
        self._columns = table.columns
        is_flat = all(
            len(column.path) == 1 and column.reads not in (BOOLEAN, INTEGER, IDENTIFIER)
            for column in table.columns
        )
        # Charges have flat columns only, and come in millions.
        self._names = [column.path[0] for column in table.columns] if is_flat else None
        self._width = len(table.columns)
        self._amounts = _places_of((AMOUNT,), table)
        self._moments = _places_of((INSTANT, DAY), table)

    def document(self, line: Line) -> dict[str, Any]:
        text = _decoded(line)
        cells = self._cells(line, text)
        if len(cells) != self._width or self._table.is_spaced:
            cells = self._fitted(cells)
        if self._names is not None and self._are_plain(text, cells):
            return {name: cell for name, cell in zip(self._names, cells, strict=True) if cell}
        document, fault = document_from(self._table, cells)
        if fault is not None:
            raise _Unreadable(fault, document)
        if not document:
            raise _Blank
        return document

    def _are_plain(self, text: str, cells: Sequence[str]) -> bool:
        """Return whether no cell can be in another form than the API's.

        Written out, because it costs each of millions of rows something.
        """
        for place in self._moments:
            if cells[place][4:8:3] != "--":
                return False
        for place in self._amounts:
            if not cells[place].replace(".", "", 1).isdigit():
                return False
        return not (
            _EXPONENT.search(text)
            or "#" in text
            or "'" in text
            or "=" in text
            or '"' in text
            or "rr" in text
            or "шибка" in text
        )

    def _fitted(self, cells: list[str]) -> list[str]:
        """Return as many cells as there are columns."""
        if self._table.is_spaced:
            cells = [cell.strip() for cell in cells]
        expected = len(self._columns)
        if self._table.may_be_longer and not any(cells[expected:]):
            del cells[expected:]
        if len(cells) != expected:
            detail = f"This row has {len(cells)} cells, and the header {expected}."
            raise _Unreadable(RowFault("cell_count", detail))
        return cells

    def _cells(self, line: Line, text: str) -> list[str]:
        separator, is_spaced = self._table.separator, self._table.is_spaced
        try:
            return cells_in(text, separator, is_spaced=is_spaced)
        except csv.Error:
            pass
        if "\r" in text and '"' not in text:
            raise _Unreadable(LONE_RETURN)
        whole = self._to_closing_quote(line, text)
        if whole is not None:
            try:
                return cells_in(whole, separator, is_spaced=is_spaced)
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


def _places_of(reads: Collection[str], table: Table) -> list[int]:
    return [place for place, column in enumerate(table.columns) if column.reads in reads]


def _decoded(line: Line) -> str:
    if line.text is None:
        raise _Unreadable(TOO_LONG)
    try:
        return line.text.decode()
    except UnicodeDecodeError:
        raise _Unreadable(NOT_UTF8) from None
