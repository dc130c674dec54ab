"""The beginning of a file: whether it is what its sender says, before anything is kept."""

import csv
import re
from collections.abc import Mapping, Sequence
from itertools import count

import orjson

from imports.policy.kinds import CSV, Column
from imports.policy.lines import Line, LineReader
from imports.policy.rows import cells_in
from kernel.refusals import Refusal

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,39}", re.ASCII)

# What such a file begins with, and what it is.
_OTHER_FORMATS = (
    (b"\x1f\x8b", "It is compressed (gzip); send it unpacked."),
    (b"PK\x03\x04", "It is compressed or a spreadsheet (zip); send plain CSV or NDJSON."),
    (b"\x28\xb5\x2f\xfd", "It is compressed (zstd); send it unpacked."),
    (b"\xff\xfe", "It is UTF-16 or UTF-32; send UTF-8."),
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


def check_head(reader: LineReader, form: str, known: Mapping[str, Column]) -> None:
    """Refuse a file whose first line says that the others needn't be read.

    Raises:
        FileEmpty: there is no line that isn't blank.
        FileUnreadable: another encoding, compressed, or the other format.
        HeaderInvalid: of a CSV file.
    """
    line = first_line(reader)
    text = _text(line)
    if form == CSV:
        header_of(text, known)
        return
    if text.startswith("["):
        raise FileUnreadable("NDJSON has one object a line, and no array around them.")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise FileUnreadable(f"Line {line.number} is not JSON.") from None
    if type(document) is not dict:
        raise FileUnreadable(f"Line {line.number} is not a JSON object.")


def first_line(reader: LineReader) -> Line:
    """Return the first line that isn't blank.

    Raises:
        FileEmpty: there is none.
    """
    while (line := reader.next_line()) is not None:
        if line.text is None or line.text.strip():
            return line
    raise FileEmpty


def columns_of(reader: LineReader, known: Mapping[str, Column]) -> list[Column]:
    """Read the header, so that the reader stands behind it, and return its columns.

    Raises:
        HeaderInvalid: it has other columns.
    """
    return [known[name] for name in header_of(_text(first_line(reader)), known)]


def header_of(text: str, known: Mapping[str, Column]) -> list[str]:
    """Return the names in a header.

    Raises:
        HeaderInvalid: unknown, repeated or missing columns; names that don't look like names
            aren't repeated, because they may be the values of a file without a header.
    """
    try:
        names = cells_in(text)
    except csv.Error:
        raise HeaderInvalid("Its quotation marks are not those of CSV.") from None
    unknown = [
        name if _NAME.fullmatch(name) else f"(number {place})"
        for place, name in zip(count(1), names, strict=False)
        if name not in known
    ]
    if len(unknown) == len(names):
        raise HeaderInvalid(
            "It names none of the columns; cells are separated by commas.", known=sorted(known)
        )
    if unknown:
        raise HeaderInvalid(f"Unknown: {_listed(unknown)}.", unknown=unknown[:50])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise HeaderInvalid(f"Repeated: {_listed(repeated)}.", repeated=repeated)
    missing = [name for name, column in known.items() if column.is_required and name not in names]
    if missing:
        raise HeaderInvalid(f"Missing: {_listed(missing)}.", missing=missing)
    return names


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
        raise FileUnreadable("It is not UTF-8.") from None
    if "\x00" in text:
        raise FileUnreadable("It is not text: there are NULs in it.")
    return text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
