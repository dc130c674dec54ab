"""The driver beneath Django's connection: prepared statements, binary values, COPY.

Django's own cursor interpolates parameters on the client and prepares nothing, which costs a
posting more than the posting itself.
"""

from collections.abc import Iterable
from typing import Any

import psycopg
from django.db import connection

from kernel.arrays import literal


def ledger_connection() -> "psycopg.Connection[Any]":
    """The psycopg connection of the current thread, inside its transaction."""
    assert connection.in_atomic_block, "the ledger is read and written in a transaction"
    connection.ensure_connection()
    driver: psycopg.Connection[Any] = connection.connection
    return driver


def ledger_cursor() -> "psycopg.Cursor[Any]":
    """A cursor with server-side parameters and binary results."""
    cursor = psycopg.Cursor(ledger_connection())
    cursor.format = psycopg.pq.Format.BINARY
    return cursor


def fetch(sql: str, *parameters: object) -> list[Any]:
    """All rows of one prepared statement; a list among its parameters is an array."""
    with ledger_cursor() as cursor:
        cursor.execute(sql.encode(), _adapted(parameters), prepare=True)
        return cursor.fetchall()


def execute(sql: str, *parameters: object) -> int:
    """Run one prepared statement; how many rows it wrote."""
    with ledger_cursor() as cursor:
        cursor.execute(sql.encode(), _adapted(parameters), prepare=True)
        return cursor.rowcount


def _adapted(parameters: Iterable[object]) -> list[object]:
    return [
        literal(value) if isinstance(value, list) else value for value in parameters
    ]
