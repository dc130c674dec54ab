"""Subscribers and charges to measure with, and the SQL that floors are made of."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from os import environ
from pathlib import Path
from typing import Any

import psycopg

from loyalty.policy.accrual import ChargeItem

# Everything is posted at one moment, after everything that it is about.
NOW = datetime(2026, 11, 1, tzinfo=UTC)
# Bills are of months from here on, one for each turn.
_FIRST_BILL = datetime(2024, 1, 10, tzinfo=UTC)
_HERE = Path(__file__).parent


def statement(name: str) -> str:
    """The text of a file of SQL that stands beside this module."""
    return (_HERE / f"{name}.sql").read_text()


@contextmanager
def plain_connection(url: str | None = None) -> Iterator["psycopg.Connection[Any]"]:
    """A connection that knows nothing of Django; values are written into its statements."""
    with psycopg.connect(
        url or environ["DATABASE_URL"], autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        yield connection


def populate(connection: "psycopg.Connection[Any]", count: int, first: int = 1) -> None:
    """Subscribers with open wallets, numbered from `first` on."""
    connection.execute(statement("population"), {"first": first, "last": first + count - 1})
    settle(connection)


def populate_with_history(connection: "psycopg.Connection[Any]", count: int) -> None:
    """Subscribers with twenty charges each.

    Statements about single rows are planned once: in tables that are still empty they would be
    planned to read the whole table, and grow slower until the next ANALYZE.
    """
    populate(connection, count)
    connection.execute(statement("history"), {"first": 1, "last": count})
    settle(connection)


def settle(connection: "psycopg.Connection[Any]") -> None:
    """Bring statistics up to date, and leave no vacuum or checkpoint to what is measured."""
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def bill_at(turn: int) -> datetime:
    """When the bills of a turn occurred: a month for each turn, over two years."""
    months = turn % 24
    return _FIRST_BILL.replace(year=2024 + months // 12, month=1 + months % 12)


def external_id(number: int) -> str:
    """The id that the subscriber of this number has."""
    return f"S{number:09d}"


def charge(number: int, turn: int) -> ChargeItem:
    """The bill of a subscriber in a turn; floor_*.sql makes the same ones."""
    return ChargeItem(
        f"bill-{turn:04d}-{number:09d}",
        external_id(number),
        30_000 + number * 7919 % 90_000,
        "service",
        bill_at(turn) + timedelta(seconds=number % 86_400),
    )
