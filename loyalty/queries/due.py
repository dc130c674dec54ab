"""What is due at a moment, in pages."""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from loyalty.policy.expiry import Notice

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


# The same index, and what was noticed is passed over.
_TO_NOTICE = """
    SELECT l.expires_at, l.subscriber_id FROM loyalty_lot l
    WHERE l.remaining > 0 AND l.expires_at > %s AND l.expires_at <= %s
        AND (l.expires_at, l.subscriber_id) > (%s, %s)
        AND NOT EXISTS (
            SELECT FROM loyalty_expirynotice n
            WHERE n.subscriber_id = l.subscriber_id AND n.lot = l.number AND n.days = %s
        )
    ORDER BY l.expires_at, l.subscriber_id LIMIT %s
"""


class DueLot(NamedTuple):
    """A lot that is due with points left; the place that the next page goes on after."""

    expires_at: datetime
    subscriber_id: int


BEFORE_ALL_LOTS = DueLot(datetime(1, 1, 1, tzinfo=UTC), 0)


def lapsed_lots(*, now: datetime, after: DueLot, limit: int) -> list[DueLot]:
    """Lots after a place that have lapsed by `now` with points left."""
    with connection.cursor() as cursor:
        cursor.execute(_LAPSED, [now, *after, limit])
        return [DueLot(*row) for row in cursor.fetchall()]


def lots_to_notice(*, notice: Notice, after: DueLot, limit: int) -> list[DueLot]:
    """Lots after a place that should be announced to lapse and weren't yet."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_NOTICE, [notice.after, notice.until, *after, notice.days, limit])
        return [DueLot(*row) for row in cursor.fetchall()]


def wallets_closed_until(*, closed_until: datetime, after: int, limit: int) -> list[int]:
    """Subscribers above `after` that closed by a moment and still have points."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, [closed_until, after, limit])
        return [row[0] for row in cursor.fetchall()]
