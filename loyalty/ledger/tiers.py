"""Reading and writing the tiers of locked wallets."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from loyalty.ledger.connection import execute, fetch
from loyalty.policy.tiers import TierStanding


class StandingRow(NamedTuple):
    """A wallet's tier after an evaluation."""

    subscriber_id: int
    tier: str
    downgrade_on: date | None
    evaluated_for: date


class TierChangeRow(NamedTuple):
    """A tier in force from a moment on."""

    subscriber_id: int
    starts_at: datetime
    tier: str


_STANDINGS = """
    SELECT subscriber_id, tier, downgrade_on FROM loyalty_wallet
    WHERE subscriber_id = ANY(%s::bigint[])
    AND (tier_evaluated_for IS NULL OR tier_evaluated_for < %s)
"""

_PAID = """
    SELECT subscriber_id, sum(revenue_minor)::bigint FROM loyalty_subscribermonth
    WHERE subscriber_id = ANY(%s::bigint[]) AND month >= %s AND month < %s
    GROUP BY subscriber_id
"""

_UPDATE = """
    UPDATE loyalty_wallet w SET tier = v.tier, downgrade_on = v.downgrade_on,
        tier_evaluated_for = v.evaluated_for
    FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::date[])
        AS v (subscriber_id, tier, downgrade_on, evaluated_for)
    WHERE w.subscriber_id = v.subscriber_id
"""

_INSERT_CHANGES = """
    WITH changes AS (
        INSERT INTO loyalty_tierchange (subscriber_id, starts_at, tier)
        SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[])
        RETURNING subscriber_id, starts_at
    )
    UPDATE loyalty_wallet w SET tier_since = c.starts_at
    FROM changes c WHERE w.subscriber_id = c.subscriber_id
"""


def standings_of(subscriber_ids: Sequence[int], month: date) -> dict[int, TierStanding]:
    """The standing of those wallets that were not evaluated for `month` yet."""
    rows = fetch(_STANDINGS, list(subscriber_ids), month)
    return {key: TierStanding(tier, downgrade_on) for key, tier, downgrade_on in rows}


def paid_in_window(subscriber_ids: Sequence[int], start: date, end: date) -> dict[int, int]:
    """Kopecks paid net of refunds in the months from `start` until before `end`."""
    return dict(fetch(_PAID, list(subscriber_ids), start, end))


def write_standings(rows: Sequence[StandingRow], changes: Sequence[TierChangeRow]) -> None:
    """Write evaluated standings, and the changes of tier among them."""
    if rows:
        execute(_UPDATE, *map(list, zip(*rows, strict=True)))
    if changes:
        execute(_INSERT_CHANGES, *map(list, zip(*changes, strict=True)))
