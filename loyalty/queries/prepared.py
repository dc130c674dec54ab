"""Reading by statements that are planned once per connection.

Django's own cursor writes values into the statement, so that the database plans it anew each
time, which for a few rows by key takes several times as long as running it.
"""

from typing import Any

import psycopg
from django.db import connection

from kernel.arrays import literal


def fetch_prepared(sql: str, *parameters: object) -> list[Any]:
    """All rows of one statement, with the values beside it; a list among them is an array."""
    connection.ensure_connection()
    values = [literal(value) if isinstance(value, list) else value for value in parameters]
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql.encode(), values, prepare=True, binary=True).fetchall()
