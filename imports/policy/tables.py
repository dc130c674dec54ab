"""How a CSV file is laid out: its separator and its columns, as its first line says."""

import csv
from collections.abc import Collection, Sequence
from datetime import UTC, tzinfo
from typing import NamedTuple

from imports.policy.kinds import Column

COMMA, SEMICOLON, TAB = ",", ";", "\t"
# The first of those that find equally many columns counts.
SEPARATORS = (COMMA, SEMICOLON, TAB)
_ANNOUNCED = "sep="


class Table(NamedTuple):
    """What is known of a file's rows before they are read.

    Attributes:
        columns: those of the header, in its order.
        separator: what stands between cells.
        is_spaced: cells may have spaces around them, as the header's have.
        may_be_longer: the header ends with empty cells, and so may the rows.
        zone: in which times without an offset are meant.
    """

    columns: Sequence[Column] = ()
    separator: str = COMMA
    is_spaced: bool = False
    may_be_longer: bool = False
    zone: tzinfo = UTC


class Header(NamedTuple):
    """The names in a header, and how it is written."""

    names: list[str]
    separator: str
    is_spaced: bool
    may_be_longer: bool


def announced_separator(line: str) -> str | None:
    """Return the separator that a line such as `sep=;` announces, which Excel reads likewise."""
    text = line.strip(' "')
    is_one = text.lower().startswith(_ANNOUNCED) and len(text) == len(_ANNOUNCED) + 1
    return text[-1] if is_one and text[-1] in SEPARATORS else None


def header_in(line: str, known: Collection[str], separator: str | None = None) -> Header:
    """Read a header, by the separator that finds most of the names that are known.

    Names are compared without regard to case and to spaces around them.

    Raises:
        csv.Error: its quotation marks don't match.
    """
    if separator is None:
        separator = max(SEPARATORS, key=lambda each: _known_in(line, each, known))
    cells = cells_in(line, separator, is_spaced=True)
    names = [cell.strip().lower() for cell in cells]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return Header(
        names=names,
        separator=separator,
        is_spaced=_is_spaced(line, separator),
        may_be_longer=len(names) < len(cells),
    )


def _known_in(line: str, separator: str, known: Collection[str]) -> int:
    try:
        cells = cells_in(line, separator, is_spaced=True)
        return sum(cell.strip().lower() in known for cell in cells)
    except csv.Error:
        return -1


def _is_spaced(line: str, separator: str) -> bool:
    """Whether names, quoted or not, have white space around them."""
    return any(cell != cell.strip() for cell in line.split(separator))


def cells_in(record: str, separator: str = COMMA, *, is_spaced: bool = False) -> list[str]:
    """Return the cells of one CSV record.

    Args:
        is_spaced: a quotation may stand behind spaces, as in `1, "2"`.

    Raises:
        csv.Error: its quotation marks don't match.
    """
    # Cells without a quotation mark, which is nearly all of them, are split four times faster.
    if '"' not in record and "\r" not in record:
        return record.split(separator)
    return next(csv.reader([record], delimiter=separator, strict=True, skipinitialspace=is_spaced))
