"""The beginning of a file: whether it is what its sender says, before anything is kept."""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import count

import orjson

from imports.policy.kinds import CSV, Column
from imports.policy.lines import Line, LineReader
from imports.policy.tables import Header, Table, announced_separator, header_in
from kernel.refusals import Refusal

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,39}", re.ASCII)
ROWS_LOOKED_AT = 200
BLANK_IN_CSV = b" \t\r\n,;"
# Three letters of a Cyrillic word in Windows-1251.
_CYRILLIC_1251 = re.compile(rb"[\xc0-\xff\xa8\xb8]{3}")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")

# What such a file begins with, and what it is.
_OTHER_FORMATS = (
    (b"\x1f\x8b", "It is compressed (gzip); send it unpacked."),
    (
        b"PK\x03\x04",
        "It is a workbook of Excel or another spreadsheet, or a zip archive. Save the sheet as"
        " CSV UTF-8 (comma delimited), or unpack it.",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "It is a workbook of an older Excel. Save the sheet as CSV UTF-8 (comma delimited).",
    ),
    (b"\x28\xb5\x2f\xfd", "It is compressed (zstd); send it unpacked."),
    (
        b"\xff\xfe",
        "It is UTF-16 or UTF-32; send UTF-8. In Excel, save it as CSV UTF-8 (comma delimited) and"
        " not as Unicode text.",
    ),
    (b"\xfe\xff", "It is UTF-16; send UTF-8."),
    (b"\x00\x00\xfe\xff", "It is UTF-32; send UTF-8."),
)
_ENDINGS = {".csv": CSV, ".ndjson": "ndjson", ".jsonl": "ndjson"}
_MEDIA_TYPES = {
    "text/csv": CSV,
    "application/csv": CSV,
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
}


class FileEmpty(Refusal):
    code = "file_empty"
    title = "The file has no rows."


class FileUnreadable(Refusal):
    code = "file_unreadable"
    title = "The file is not in the format that it should have."


class HeaderInvalid(Refusal):
    code = "header_invalid"
    title = "The first line of a CSV file must name columns that this kind of import knows."


def format_of(name: str, media_type: str) -> str | None:
    """Return the format that a file's name or media type says, the name first."""
    for ending, form in _ENDINGS.items():
        if name.lower().endswith(ending):
            return form
    return _MEDIA_TYPES.get(media_type.partition(";")[0].strip().lower())


def is_workbook(name: str) -> bool:
    """Whether a file's name says that it is a workbook of a spreadsheet."""
    return name.lower().endswith(_WORKBOOKS)


def check_head(reader: LineReader, form: str, known: Mapping[str, Column]) -> None:
    """Refuse a file whose first line says that the others needn't be read.

    Raises:
        FileEmpty: there is no line that isn't blank.
        FileUnreadable: another encoding, compressed, or the other format.
        HeaderInvalid: of a CSV file.
    """
    if form == CSV:
        _header(reader, known)
        _check_encoding(reader)
        return
    line = first_line(reader)
    text = _text(line)
    if text.startswith("["):
        raise FileUnreadable("NDJSON has one object a line, and no array around them.")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise FileUnreadable(f"Line {line.number} is not JSON.") from None
    if type(document) is not dict:
        raise FileUnreadable(f"Line {line.number} is not a JSON object.")


def first_line(reader: LineReader, blank: bytes | None = None) -> Line:
    """Return the first line that isn't blank.

    Args:
        blank: the characters that such a line consists of; white space by default.

    Raises:
        FileEmpty: there is none.
    """
    while (line := reader.next_line()) is not None:
        if line.text is None or line.text.strip(blank):
            return line
    raise FileEmpty


def table_of(reader: LineReader, known: Mapping[str, Column], zone: tzinfo) -> Table:
    """Read the header, so that the reader stands behind it, and return the layout of the file.

    Args:
        zone: in which times without an offset are meant.

    Raises:
        HeaderInvalid: it has other columns.
    """
    header = _header(reader, known)
    return Table(
        columns=[known[name] for name in header.names],
        separator=header.separator,
        is_spaced=header.is_spaced,
        may_be_longer=header.may_be_longer,
        zone=zone,
    )


def _header(reader: LineReader, known: Mapping[str, Column]) -> Header:
    text = _text(first_line(reader, BLANK_IN_CSV))
    separator = announced_separator(text)
    if separator is not None:
        text = _text(first_line(reader, BLANK_IN_CSV))
    if "\r" in text:
        raise HeaderInvalid(
            "Its lines end with a carriage return alone, as on old Macintoshes. Save it as CSV"
            " UTF-8 (comma delimited)."
        )
    try:
        header = header_in(text, known, separator)
    except csv.Error:
        raise HeaderInvalid("Its quotation marks are not those of CSV.") from None
    _check_names(header.names, known)
    return header


def _check_names(names: Sequence[str], known: Mapping[str, Column]) -> None:
    """Refuse a header with unknown, repeated or missing columns.

    Names that don't look like names aren't repeated, because they may be the values of a file
    without a header.

    Raises:
        HeaderInvalid: so it is.
    """
    unknown = [
        name if _NAME.fullmatch(name) else f"(number {place})"
        for place, name in zip(count(1), names, strict=False)
        if name not in known
    ]
    if len(unknown) == len(names):
        raise HeaderInvalid(
            "It names none of the columns; cells are separated by commas, semicolons or tabs.",
            known=sorted(known),
        )
    if unknown:
        raise HeaderInvalid(f"Unknown: {_listed(unknown)}.", unknown=unknown[:50])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise HeaderInvalid(f"Repeated: {_listed(repeated)}.", repeated=repeated)
    missing = [name for name, column in known.items() if column.is_required and name not in names]
    if missing:
        raise HeaderInvalid(f"Missing: {_listed(missing)}.", missing=missing)


def _check_encoding(reader: LineReader) -> None:
    """Refuse a file whose first rows are all of another encoding; a single odd row is its own.

    Raises:
        FileUnreadable: rows beyond ASCII are, and none of them is UTF-8.
    """
    is_cyrillic = False
    for _ in range(ROWS_LOOKED_AT):
        line = reader.next_line()
        if line is None:
            break
        if line.text is None or line.text.isascii():
            continue
        try:
            line.text.decode()
        except UnicodeDecodeError:
            is_cyrillic = is_cyrillic or bool(_CYRILLIC_1251.search(line.text))
        else:
            return
    if is_cyrillic:
        raise FileUnreadable(
            "It is not UTF-8, but probably Windows-1251. In Excel, save it as CSV UTF-8 (comma"
            " delimited)."
        )


def _text(line: Line) -> str:
    """Return a first line as text.

    Raises:
        FileUnreadable: it can't be one.
    """
    if line.text is None:
        raise FileUnreadable(f"Line {line.number} is too long to be a row.")
    for beginning, meaning in _OTHER_FORMATS:
        if line.text.startswith(beginning):
            raise FileUnreadable(meaning)
    try:
        text = line.text.decode()
    except UnicodeDecodeError:
        raise FileUnreadable(
            "It is not UTF-8. In Excel, save it as CSV UTF-8 (comma delimited)."
        ) from None
    if "\x00" in text:
        raise FileUnreadable("It is not text: there are NULs in it.")
    return text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
