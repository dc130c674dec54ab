"""What is due at a moment, in pages."""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

# Keyset over the index of due lots: no page reads what an earlier one has read.
_LAPSED = """
    SELECT expires_at, subscriber_id FROM loyalty_lot
    WHERE remaining > 0 AND expires_at <= %s AND (expires_at, subscriber_id) > (%s, %s)
    ORDER BY expires_at, subscriber_id LIMIT %s
"""

_CLOSED = """
    SELECT w.subscriber_id
    FROM accounts_subscriber s JOIN loyalty_wallet w ON w.subscriber_id = s.id
    WHERE s.closed_at <= %s AND w.available > 0 AND w.subscriber_id > %s
    ORDER BY w.subscriber_id LIMIT %s
"""


class DueLot(NamedTuple):
    """A lot that has lapsed with points left; the place that the next page goes on after."""

    expires_at: datetime
    subscriber_id: int


BEFORE_ALL_LOTS = DueLot(datetime(1, 1, 1, tzinfo=UTC), 0)


def lapsed_lots(*, now: datetime, after: DueLot, limit: int) -> list[DueLot]:
    """Lots after a place that have lapsed by `now` with points left."""
    with connection.cursor() as cursor:
        cursor.execute(_LAPSED, [now, *after, limit])
        return [DueLot(*row) for row in cursor.fetchall()]


def wallets_closed_until(*, closed_until: datetime, after: int, limit: int) -> list[int]:
    """Subscribers above `after` that closed by a moment and still have points."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, [closed_until, after, limit])
        return [row[0] for row in cursor.fetchall()]
