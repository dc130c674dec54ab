"""Kopecks inside, decimal strings outside."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import decimal_string, minor_from


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "0.00"), (1, "0.01"), (99, "0.99"), (100, "1.00"), (59_990, "599.90"), (-5, "-0.05"),
     (-59_990, "-599.90")],
)  # fmt: skip
def test_kopecks_are_shown_as_roubles(minor: int, text: str) -> None:
    assert decimal_string(minor) == text


@given(minor=st.integers(-(10**18), 10**18))
def test_what_is_shown_can_be_read_back(minor: int) -> None:
    assert minor_from(Decimal(decimal_string(minor))) == minor


@pytest.mark.parametrize(
    ("text", "minor"), [("1", 100), ("1.5", 150), ("1.500", 150), ("1e2", 10_000)]
)
def test_roubles_are_read_however_they_are_written(text: str, minor: int) -> None:
    assert minor_from(Decimal(text)) == minor


@pytest.mark.parametrize(
    "text",
    [
        "0.001",
        "1.005",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "123456789012345678901234567890.001",
    ],
)
def test_a_part_of_a_kopeck_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="kopeck"):
        minor_from(Decimal(text))
