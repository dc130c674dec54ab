"""Which lots were announced to lapse."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.ledger.connection import fetch
from loyalty.policy.expiry import Notice

# Whoever comes second inserts nothing and announces nothing.
_KEEP = """
    WITH due AS (
        SELECT subscriber_id, number, remaining, expires_at FROM loyalty_lot
        WHERE subscriber_id = ANY(%s::bigint[]) AND remaining > 0
            AND expires_at > %s AND expires_at <= %s
    ), kept AS (
        INSERT INTO loyalty_expirynotice (subscriber_id, lot, days, announced_at)
        SELECT subscriber_id, number, %s::smallint, %s FROM due
        ON CONFLICT DO NOTHING
        RETURNING subscriber_id, lot
    )
    SELECT due.* FROM due
    JOIN kept ON kept.subscriber_id = due.subscriber_id AND kept.lot = due.number
    ORDER BY due.subscriber_id, due.number
"""


class NoticedLot(NamedTuple):
    """A lot as it was when it was announced."""

    subscriber_id: int
    number: int
    remaining: int
    expires_at: datetime


def keep_notices(subscriber_ids: Sequence[int], notice: Notice, now: datetime) -> list[NoticedLot]:
    """Keep that the lots of locked wallets are announced; those that weren't before."""
    if not subscriber_ids:
        return []
    rows = fetch(_KEEP, list(subscriber_ids), notice.after, notice.until, notice.days, now)
    return [NoticedLot(*row) for row in rows]
