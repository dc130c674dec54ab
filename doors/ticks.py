"""The clock's tick: a sign of life that has come all the way through broker and worker."""

from datetime import datetime

from django.db import connection

_TICK = """
    INSERT INTO doors_clocktick AS t (id, ticked_at) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE SET ticked_at = greatest(t.ticked_at, excluded.ticked_at)
"""
_LAST = "SELECT ticked_at FROM doors_clocktick"


def tick(*, now: datetime) -> None:
    """Note that the clock's stroke was carried out. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(_TICK, [now])


def last_tick() -> datetime | None:
    """When the clock's last stroke was carried out; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        row = cursor.fetchone()
    return row[0] if row else None
