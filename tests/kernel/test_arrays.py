"""Array literals arrive in PostgreSQL as what they were."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from kernel.arrays import literal, scalar

pytestmark = pytest.mark.django_db

NASTY = [
    "", " ", "NULL", "null", '"', '""', "\\", "\\\\", '\\"', ",", "{", "}", "{}", "a,b", '","',
    '","\\', "'", "''", "%s", "\n", "\t", " leading", "trailing ", "рубль", "😀", "\u0301",
    "\x7f", "a\"b", "$1",
]  # fmt: skip

# PostgreSQL stores neither NUL nor lone surrogates; the doors refuse both.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def arrived(values: list[Any], kind: str) -> list[Any]:
    """What PostgreSQL makes of a literal, read back as elements rather than as an array."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT v FROM unnest(%s::{kind}[]) WITH ORDINALITY AS t (v, n) ORDER BY n",  # noqa: S608
            [literal(values)],
        )
        found = [row[0] for row in cursor.fetchall()]
    return [bytes(value) if isinstance(value, memoryview) else value for value in found]


@pytest.mark.parametrize("value", NASTY)
def test_a_nasty_text_arrives_whole(value: str) -> None:
    for values in ([value], [value, value], ["a", value, "b"], [None, value]):
        assert arrived(values, "text") == values


def test_all_nasty_texts_arrive_together() -> None:
    assert arrived(NASTY, "text") == NASTY
    assert arrived([*NASTY, None], "text") == [*NASTY, None]


@given(values=st.lists(st.one_of(TEXTS, st.none())))
def test_any_texts_arrive(values: list[str | None]) -> None:
    assert arrived(values, "text") == values


@given(values=st.lists(st.one_of(st.binary(), st.none())))
def test_any_bytes_arrive(values: list[bytes | None]) -> None:
    assert arrived(values, "bytea") == values


@given(values=st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.none())))
def test_any_integers_arrive(values: list[int | None]) -> None:
    assert arrived(values, "bigint") == values


@given(
    values=st.lists(
        st.datetimes(datetime(1, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    )
)
def test_any_instants_arrive(values: list[datetime]) -> None:
    assert arrived(values, "timestamptz") == values


@given(values=st.lists(st.one_of(st.dates(), st.none())))
def test_any_dates_arrive(values: list[date | None]) -> None:
    assert arrived(values, "date") == values


def test_no_values_are_an_empty_array() -> None:
    assert literal([]) == "{}"
    assert arrived([], "bigint") == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((text, "text") for text in NASTY),
        (b"\x00\xff\\", "bytea"),
        (-(2**62), "int8"),
        (date(2024, 2, 29), "date"),
        (datetime(2025, 6, 1, 12, 30, 15, 123456, tzinfo=UTC), "timestamptz"),
        (True, "boolean"),
        (None, "int8"),
    ],
)
def test_a_single_value_arrives_as_it_was(value: Any, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}", [scalar(value)])
        [[found]] = cursor.fetchall()
    assert (bytes(found) if isinstance(found, memoryview) else found) == value
