"""What is due at a moment, in pages."""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from loyalty.policy.expiry import Notice, SweepSize

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

# What has lapsed, and of those who closed long enough ago what hasn't.
_SWEEP = """
    SELECT (
        SELECT coalesce(sum(remaining), 0) FROM loyalty_lot
        WHERE remaining > 0 AND expires_at <= %(now)s
    )::bigint + (
        SELECT coalesce(sum(l.remaining), 0)
        FROM accounts_subscriber s JOIN loyalty_lot l ON l.subscriber_id = s.id
        WHERE s.closed_at <= %(closed_until)s AND l.remaining > 0 AND l.expires_at > %(now)s
    )::bigint
"""
_HELD = "SELECT coalesce(sum(available), 0)::bigint FROM loyalty_wallet"

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


def sweep_size(*, now: datetime, closed_until: datetime, unasked: int) -> SweepSize:
    """What a sweep would take at a moment, and what is held in all.

    Args:
        closed_until: subscribers who closed until then lose what is left.
        unasked: a sweep that takes no more is not measured against what is held, which would
            pass over every wallet; it is given as nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, {"now": now, "closed_until": closed_until})
        due: int = cursor.fetchone()[0]
        if due <= unasked:
            return SweepSize(due, 0)
        cursor.execute(_HELD)
        return SweepSize(due, cursor.fetchone()[0])


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
