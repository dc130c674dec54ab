"""Reading by statements that are planned once per connection.

Django's own cursor writes values into the statement, so that the database plans it anew each
time, which for a few rows by key takes several times as long as running it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

from kernel.arrays import literal


def fetch_prepared(sql: str, *parameters: object) -> list[Any]:
    """All rows of one statement, with the values beside it; a list among them is an array."""
    return _fetched(sql, [_value(each) for each in parameters])


def fetch_prepared_by_name(sql: str, parameters: Mapping[str, object]) -> list[Any]:
    """As `fetch_prepared`, for a statement that names its values: `%(name)s`."""
    return _fetched(sql, {name: _value(each) for name, each in parameters.items()})


def _fetched(sql: str, values: Sequence[object] | Mapping[str, object]) -> list[Any]:
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql.encode(), values, prepare=True, binary=True).fetchall()


def _value(given: object) -> object:
    return literal(given) if isinstance(given, list) else given
