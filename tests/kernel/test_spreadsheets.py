"""No spreadsheet runs a cell of ours, numbers stay numbers, and what is harmless stays as it is."""

import csv
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.spreadsheets import csv_lines, safe_cell

FORMULAS = [
    *(f"{sign}SUM(A1)" for sign in "=+-@＝＋－＠"),
    '=HYPERLINK("http://x","y")',
    "\tx",
    "\rx",
    "-1+1",
    "-1e",
    "--1",
    "+79161234567",
    "-",
    "-1,5",
]
HARMLESS = ["", "a", "a=1", "a-b", "12", "-12.50", "0.00", "-7", "2026-03-01T00:00:00+03:00", "'"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("hidden", [" ", "\u00a0", "\ufeff", "\u200b", '"', ' " '])
def test_what_hides_a_sign_does_not_help(hidden: str) -> None:
    assert safe_cell(f"{hidden}=1") == f"{hidden}'=1"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("value", [7, -7, Decimal("-12.50"), None, True])
def test_what_is_no_text_stays(value: object) -> None:
    assert safe_cell(value) is value


@pytest.mark.parametrize("separator", [";", "\t", "\r", "\n", "; "])
def test_what_follows_another_separator_begins_a_cell(separator: str) -> None:
    assert safe_cell(f"a{separator}=1") == f"a{separator}'=1"


@given(st.text(alphabet="=+-@＝a1;,\t\n\r \"'"))
def test_no_cell_begins_with_a_sign_however_the_line_is_split(text: str) -> None:
    (_, line) = csv_lines(["a", "b"], [["x", text]])
    for separator in ",;\t":
        one_line = re.sub(r"[\r\n]", " ", line)
        for cell in next(csv.reader([one_line], delimiter=separator)):
            is_number = not set(cell.strip(" \"'")) - set("-1")
            assert is_number or not cell.strip(' "').startswith(tuple("=+-@＝")), (line, cell)


def test_cells_are_read_again_as_they_were() -> None:
    rows = [["a,b", 'c"d', "e\nf"], ["", "ы", "1.5"]]
    assert list(csv.reader(csv_lines("xyz", rows))) == [list("xyz"), *rows]
