"""Cells as spreadsheets write them: read as the value that the API would be sent, or refused.

The API's own forms pass through as they are, and what is neither stays text, which the strict
fields refuse with a sentence of their own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, NoReturn

from imports.policy.kinds import (
    AMOUNT,
    BOOLEAN,
    DAY,
    END_SUFFIX,
    IDENTIFIER,
    IDENTIFIER_END,
    INSTANT,
    INTEGER,
    RowFault,
)
from imports.policy.tables import Table

_TRUE = frozenset({"true", "истина", "yes", "да", "1"})
_FALSE = frozenset({"false", "ложь", "no", "нет", "0"})
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_WHOLE_DECIMAL = re.compile(r"(-?(?:0|[1-9][0-9]{0,17}))[.,]0+", re.ASCII)
# Spaces that Excel puts between thousands: plain, no-break, narrow no-break and thin.
_SPACES = " \u00a0\u202f\u2009"
_AMOUNT = re.compile(
    rf"([0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]+)(?:[.,]([0-9]{{1,2}}))?", re.ASCII
)
_MOMENT = re.compile(
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?", re.ASCII
)
# Days that two readers take for different ones; what begins as in RFC 3339 is for the field.
_OTHER_DAY = re.compile(
    r"(?![0-9]{4}-[0-9]{2}-[0-9]{2})[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{2,4}(?:\s.*)?", re.ASCII
)
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:[.,][0-9]+)?", re.ASCII)
# Engineering formats write up to three digits before the comma, as in 123.46E+12. Excel and
# LibreOffice write the exponent's sign; what copies their cells may not, and "12E5" is an id.
_EXPONENT = re.compile(
    r"\s*[+-]?[0-9]{1,3}(?:(?:[.,][0-9]*)?E\+|[.,][0-9]*E-?)[0-9]+\s*", re.ASCII | re.IGNORECASE
)
_BARE_EXPONENT = re.compile(r"\s*[0-9]+E[0-9]+\s*", re.ASCII | re.IGNORECASE)
# Spreadsheets translate their errors (#N/A, #Н/Д, #NV, #WERT!, #¡VALOR!), always in capitals, so
# that a plan may be called #Всё!; LibreOffice numbers some, as in Err:502.
_ERROR = re.compile(
    r"#(?:(?i:[NН]/[ADД]|NV|I/T|GETTING_DATA)|[¡¿]?[A-ZÀ-ÞА-ЯЁ][A-ZÀ-ÞА-ЯЁ0-9_/. ]*[!?]|#+)"
    r"|(?:Err|Ошибка)\s?:\s?[0-9]{3}"
)
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
# An apostrophe marks what would otherwise be taken for a number or a formula; O'Neill has his.
_MARKED = re.compile(r"'[0-9+=@-].*", re.DOTALL)

NUMBER_LOST = RowFault(
    "spreadsheet_number",
    "Excel turned this number into its short form (such as 1.23E+15), and its last digits are"
    " lost. Format the column as text, fill it in anew and save the file again.",
)
ERROR_VALUE = RowFault(
    "spreadsheet_error",
    "This cell holds an error of the spreadsheet and no value. Mend the formula and save the file"
    " again.",
)
DAY_NUMBER = RowFault(
    "spreadsheet_day",
    "This is a spreadsheet's number of a day. Format the column as a date and save the file again.",
)
NO_SUCH_DAY = RowFault("no_such_day", "There is no such day in the calendar, or no such time.")
TIME_UNCLEAR = RowFault(
    "time_unclear",
    "The clocks were changed at this time of day; write it with its offset, as in"
    " 2025-10-26T02:30:00+01:00.",
)
DAY_UNCLEAR = RowFault(
    "day_unclear",
    "Days are written in several ways, and this one isn't read: write 31.12.2026, or"
    " 31.12.2026 10:00 in the program's time zone, or as in RFC 3339.",
)
TIME_OF_A_DAY = RowFault("not_a_date", "This must be a day without a time.")


class CellUnreadable(Exception):
    """Carries what is wrong with a cell."""

    def __init__(self, fault: RowFault) -> None:
        self.fault = fault


def value_in(reads: str, cell: str, zone: tzinfo) -> object:
    """Return the value that a cell means.

    Args:
        reads: how the column is read.
        zone: in which times without an offset are meant.

    Raises:
        CellUnreadable: it says that a spreadsheet has spoilt it.
    """
    text = _unmarked(cell)
    if text[:1] in "#EО" and _ERROR.fullmatch(text):
        raise CellUnreadable(ERROR_VALUE)
    if _EXPONENT.fullmatch(text) or (reads == AMOUNT and _BARE_EXPONENT.fullmatch(text)):
        raise CellUnreadable(NUMBER_LOST)
    read = _READERS.get(reads)
    return text if read is None else read(text, zone)


def _unmarked(cell: str) -> str:
    if cell.startswith("=") and (match := _FORMULA_TEXT.fullmatch(cell)):
        return match[1]
    return cell[1:] if cell.startswith("'") and _MARKED.fullmatch(cell) else cell


def _boolean(text: str, _zone: tzinfo) -> object:
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else text


def _integer(text: str, _zone: tzinfo) -> object:
    if _INTEGER.fullmatch(text):
        return int(text)
    match = _WHOLE_DECIMAL.fullmatch(text)
    return int(match[1]) if match else text


def _amount(text: str, _zone: tzinfo) -> object:
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return text
    whole = re.sub(f"[{_SPACES}]", "", match[1])
    return f"{whole}.{match[2]}" if match[2] else whole


def _instant(text: str, zone: tzinfo) -> object:
    at = _moment(text)
    if at is None:
        return text
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise CellUnreadable(TIME_UNCLEAR)
    return first.astimezone(UTC).isoformat()


def _day(text: str, _zone: tzinfo) -> object:
    at = _moment(text)
    if at is None:
        return text
    if (at.hour, at.minute, at.second) != (0, 0, 0):
        raise CellUnreadable(TIME_OF_A_DAY)
    return at.date().isoformat()


def _moment(text: str) -> datetime | None:
    """The moment that is written as in 31.12.2026 9:05, or None if it is written otherwise."""
    match = _MOMENT.fullmatch(text.strip().replace("\u00a0", " "))
    if match is None:
        _refuse_other_day(text.strip())
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (its zone follows)
    except ValueError:
        _refuse_day()


def _refuse_other_day(text: str) -> None:
    if _SERIAL.fullmatch(text):
        raise CellUnreadable(DAY_NUMBER)
    if _OTHER_DAY.fullmatch(text):
        raise CellUnreadable(DAY_UNCLEAR)


def _refuse_day() -> NoReturn:
    raise CellUnreadable(NO_SUCH_DAY) from None


_READERS: Mapping[str, Callable[[str, tzinfo], object]] = {
    BOOLEAN: _boolean,
    INTEGER: _integer,
    AMOUNT: _amount,
    INSTANT: _instant,
    IDENTIFIER_END: _instant,
    DAY: _day,
}


def document_from(table: Table, cells: Sequence[str]) -> tuple[dict[str, Any], RowFault | None]:
    """Return the API's object that these cells mean, and what is wrong with the first bad one.

    An empty cell is an absent member. What can't be read as its column stays text, which the
    strict fields refuse.
    """
    document: dict[str, Any] = {}
    identifiers: dict[str, dict[str, Any]] = {}
    fault = None
    for column, cell in zip(table.columns, cells, strict=True):
        if not cell:
            continue
        try:
            value = value_in(column.reads, cell, table.zone)
        except CellUnreadable as unreadable:
            fault = fault or unreadable.fault._replace(pointer="/" + "/".join(column.path))
            continue
        if column.reads in (IDENTIFIER, IDENTIFIER_END):
            kind = column.path[-1].removesuffix(END_SUFFIX)
            member = "value" if column.reads == IDENTIFIER else "until"
            identifiers.setdefault(kind, {"kind": kind})[member] = value
        else:
            _put(document, column.path, value)
    if identifiers:
        document["identifiers"] = list(identifiers.values())
    return document, fault


def _put(document: dict[str, Any], path: Sequence[str], value: object) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document[path[-1]] = value
