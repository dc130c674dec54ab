"""What a wallet holds, now and as of any past instant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from accounts.queries.subscribers import NoSuchSubscriber
from kernel.moments import month_of
from loyalty.policy.book import COUNTED_OUTWARD, MEMBER_SIDE
from loyalty.policy.terms import NumberedTerms
from loyalty.queries.prepared import fetch_prepared
from loyalty.queries.terms import (
    TERMS_MARK,
    calendar_marked,
    program_zone,
    terms_calendar,
)
from loyalty.queries.tiers import StoredTier, tier_in_force


class OpenLot(NamedTuple):
    """Points that lapse at one instant."""

    expires_at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class WalletStatement:
    """A wallet at a moment; what has lapsed by then is not in it, swept or not."""

    subscriber_id: str
    at: datetime
    available: int
    pending: int
    reserved: int
    debt: int
    tier: str
    month: date
    benefit_minor: int
    points_redeemed: int
    lots: tuple[OpenLot, ...]
    terms: NumberedTerms

    @property
    def value_minor(self) -> int:
        """What the available points are worth as bill credit."""
        return self.available * self.terms.terms.point_value_minor


_NOW = f"""
    SELECT mark.newest, mark.versions,
        coalesce(w.pending, 0), coalesce(w.reserved, 0), coalesce(w.debt, 0),
        s.id, w.tier, w.tier_since, w.downgrade_on, w.tier_evaluated_for, w.opened_at,
        coalesce(m.benefit_minor, 0), coalesce(m.points_redeemed, 0),
        l.moments, l.points
    FROM accounts_subscriber s
    CROSS JOIN ({TERMS_MARK}) AS mark (newest, versions)
    LEFT JOIN loyalty_wallet w ON w.subscriber_id = s.id
    LEFT JOIN loyalty_subscribermonth m ON m.subscriber_id = s.id AND m.month = %s
    LEFT JOIN LATERAL (
        SELECT array_agg(expires_at ORDER BY expires_at, number) AS moments,
            array_agg(remaining ORDER BY expires_at, number) AS points
        FROM loyalty_lot WHERE subscriber_id = s.id AND remaining > 0 AND expires_at > %s
    ) l ON true
    WHERE s.external_id = %s
"""  # noqa: S608

_MOVED = """
    SELECT source, destination, sum(points)::bigint FROM loyalty_entry
    WHERE subscriber_id = %s AND posted_at <= %s GROUP BY source, destination
"""

# What remained of each lot: what it was opened with, less what was drawn, and again with what
# a reversal of the drawing entry gave back.
_LOTS_THEN = """
    SELECT l.expires_at, l.points - coalesce((
        SELECT sum(d.points) FROM loyalty_lotdraw d
        JOIN loyalty_entry e ON e.subscriber_id = d.subscriber_id AND e.number = d.entry
        WHERE d.subscriber_id = l.subscriber_id AND d.lot = l.number AND e.posted_at <= %(at)s
        AND NOT EXISTS (
            SELECT 1 FROM loyalty_entry r WHERE r.subscriber_id = d.subscriber_id
            AND r.reverses = d.entry AND r.posted_at <= %(at)s
        )
    ), 0)::bigint AS remaining
    FROM loyalty_lot l
    JOIN loyalty_entry o ON o.subscriber_id = l.subscriber_id AND o.number = l.number
    WHERE l.subscriber_id = %(subscriber)s AND o.posted_at <= %(at)s AND l.expires_at > %(at)s
    ORDER BY l.expires_at, l.number
"""

_EARNED_THEN = """
    SELECT terms, sum(points)::bigint FROM (
        SELECT c.terms, c.points_earned AS points FROM loyalty_charge c
        WHERE c.subscriber_id = %(subscriber)s AND c.month = %(month)s AND c.posted_at <= %(at)s
        UNION ALL
        SELECT c.terms, -CASE WHEN r.reversed_at <= %(at)s THEN r.kept_earned
            ELSE r.points_revoked + r.points_lapsed + r.points_to_debt END
        FROM loyalty_refund r
        JOIN loyalty_charge c ON c.subscriber_id = r.subscriber_id AND c.charge_id = r.charge_id
        WHERE r.subscriber_id = %(subscriber)s AND c.month = %(month)s AND r.applied_at <= %(at)s
    ) AS earned GROUP BY terms
"""

_PAID_THEN = """
    SELECT coalesce(sum(value_minor), 0)::bigint FROM loyalty_instalment
    WHERE subscriber_id = %(subscriber)s AND month = %(month)s
    AND paid_at <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s)
"""

_REDEEMED_THEN = """
    SELECT coalesce(sum(points), 0)::bigint FROM loyalty_redemption
    WHERE subscriber_id = %s AND month = %s AND reserved_at <= %s
    AND (returned_at IS NULL OR returned_at > %s)
"""


def wallet_now(*, external_id: str, now: datetime) -> WalletStatement:
    """The wallet as it stands, read in one statement; the tier in more while it is due.

    Raises:
        NoSuchSubscriber: billing has not reported them.
    """
    month = month_of(now, program_zone())
    rows = fetch_prepared(_NOW, month, now, external_id)
    if not rows:
        raise NoSuchSubscriber
    (
        newest,
        versions,
        pending,
        reserved,
        debt,
        subscriber_id,
        *stored,
        benefit_minor,
        points_redeemed,
        moments,
        points,
    ) = rows[0]
    tier = stored[0]
    if tier is None or not StoredTier(*stored).holds(now, month):
        tier = tier_in_force(subscriber_id=subscriber_id, at=now).tier
    lots = tuple(map(OpenLot, moments or (), points or ()))
    return WalletStatement(
        subscriber_id=external_id,
        at=now,
        available=sum(lot.points for lot in lots),
        pending=pending,
        reserved=reserved,
        debt=debt,
        tier=tier,
        month=month,
        benefit_minor=benefit_minor,
        points_redeemed=points_redeemed,
        lots=lots,
        terms=calendar_marked(newest, versions).at(now),
    )


def wallet_as_of(*, external_id: str, at: datetime) -> WalletStatement:
    """The wallet as it stood at a past instant, from the entries posted by then.

    Raises:
        NoSuchSubscriber: billing has not reported them.
    """
    known = _rows("SELECT id FROM accounts_subscriber WHERE external_id = %s", [external_id])
    if not known:
        raise NoSuchSubscriber
    subscriber_id = known[0][0]
    month = month_of(at, program_zone())
    moment = {"subscriber": subscriber_id, "at": at, "month": month}
    balances = _balances_then(subscriber_id, at)
    lots = tuple(OpenLot(*row) for row in _rows(_LOTS_THEN, moment) if row[1])
    calendar = terms_calendar()
    return WalletStatement(
        subscriber_id=external_id,
        at=at,
        available=sum(lot.points for lot in lots),
        pending=balances["pending"],
        reserved=balances["reserved"],
        debt=balances["debt"],
        tier=tier_in_force(subscriber_id=subscriber_id, at=at).tier,
        month=month,
        benefit_minor=sum(
            points * calendar.numbered(number).point_value_minor
            for number, points in _rows(_EARNED_THEN, moment)
        )
        + _rows(_PAID_THEN, moment)[0][0],
        points_redeemed=_rows(_REDEEMED_THEN, [subscriber_id, month, at, at])[0][0],
        lots=lots,
        terms=calendar.at(at),
    )


def _balances_then(subscriber_id: int, at: datetime) -> dict[str, int]:
    balances = dict.fromkeys(MEMBER_SIDE, 0)
    for source, destination, points in _rows(_MOVED, [subscriber_id, at]):
        for account, moved in ((source, -points), (destination, points)):
            if account in balances:
                balances[account] += -moved if account in COUNTED_OUTWARD else moved
    return balances


def _rows(sql: str, parameters: list[Any] | Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
