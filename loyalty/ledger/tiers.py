"""Reading and writing the tiers of locked wallets."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from loyalty.ledger.connection import execute, fetch


class StandingRow(NamedTuple):
    """A wallet's tier after an evaluation."""

    subscriber_id: int
    tier: str
    tier_since: datetime | None
    downgrade_on: date | None
    evaluated_for: date


class TierChangeRow(NamedTuple):
    """A tier in force from a moment on."""

    subscriber_id: int
    starts_at: datetime
    tier: str


_REVENUE = """
    SELECT subscriber_id, month, revenue_minor FROM loyalty_subscribermonth
    WHERE subscriber_id = ANY(%s::bigint[]) AND month >= %s
"""

_UPDATE = """
    UPDATE loyalty_wallet w SET tier = v.tier, tier_since = v.tier_since,
        downgrade_on = v.downgrade_on, tier_evaluated_for = v.evaluated_for
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::date[], %s::date[])
        AS v (subscriber_id, tier, tier_since, downgrade_on, evaluated_for)
    WHERE w.subscriber_id = v.subscriber_id
"""

_INSERT_CHANGES = """
    INSERT INTO loyalty_tierchange (subscriber_id, starts_at, tier)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[])
"""


def revenue_by_month(subscriber_ids: Sequence[int], since: date) -> dict[int, dict[date, int]]:
    """Kopecks paid net of refunds, by subscriber and month, from a month on."""
    found: dict[int, dict[date, int]] = {subscriber: {} for subscriber in subscriber_ids}
    for subscriber, month, revenue_minor in fetch(_REVENUE, list(subscriber_ids), since):
        found[subscriber][month] = revenue_minor
    return found


def write_standings(rows: Sequence[StandingRow], changes: Sequence[TierChangeRow]) -> None:
    """Write evaluated standings, and the changes of tier among them."""
    if rows:
        execute(_UPDATE, *map(list, zip(*rows, strict=True)))
    if changes:
        execute(_INSERT_CHANGES, *map(list, zip(*changes, strict=True)))
