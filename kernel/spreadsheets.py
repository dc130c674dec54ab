"""Tables as CSV that a spreadsheet can open without running what somebody's texts begin with."""

import csv
import re
from collections.abc import Iterable, Iterator

# A spreadsheet takes for a formula what begins so, full-width signs too (OWASP, "CSV injection").
# Where semicolons or tabs separate, as semicolons do in a Russian Excel, a cell of ours falls apart
# at them, so that what follows one within a text begins a cell as well.
_SIGN = re.compile(r"((?:^|[;\t\r\n])[\s\"\ufeff\u200b]*)(?=[=+\-@＝＋－＠])")
_SEPARATORS = ("\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def csv_lines(
    header: Iterable[str], rows: Iterable[Iterable[object]], *, separator: str = ","
) -> Iterator[str]:
    """Yield the lines of a CSV file, the header first, each as soon as its row is there."""
    writer = csv.writer(_Echo(), delimiter=separator)
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet runs: an apostrophe stands before the formula's sign.

    Numbers stay numbers, negative ones too.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    text = _SIGN.sub(r"\1'", value)
    return f"'{text}" if text.startswith(_SEPARATORS) else text


class _Echo:
    """A file that hands each line on as soon as it is written."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line
