"""Whose tier is to be evaluated, and which one is in force before it is."""

from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from kernel.moments import add_months, month_of, start_of_day
from loyalty.policy.terms import BRONZE, Terms
from loyalty.policy.tiers import (
    TierStanding,
    TierStart,
    TierStep,
    months_until,
    steps_through,
    tier_at,
)
from loyalty.queries.terms import program_zone, terms_calendar

# The month in which a wallet was opened is evaluated by its charges, or once it is over.
_DUE = """
    SELECT subscriber_id FROM loyalty_wallet
    WHERE coalesce(
        tier_evaluated_for, date_trunc('month', opened_at AT TIME ZONE %s)::date
    ) < %s AND subscriber_id > %s
    ORDER BY subscriber_id LIMIT %s
"""


def wallets_to_evaluate(*, month: date, after: int, limit: int) -> list[int]:
    """Subscribers above `after` whose tier was not evaluated for `month` yet."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [str(program_zone()), month, after, limit])
        return [row[0] for row in cursor.fetchall()]


class TierInForce(NamedTuple):
    """A tier at a moment, since when, and the month from which an announced downgrade is due."""

    tier: str
    since: datetime | None = None
    downgrade_on: date | None = None


class StoredTier(NamedTuple):
    """What a wallet says of its tier; the fields are columns."""

    tier: str
    tier_since: datetime | None
    downgrade_on: date | None
    tier_evaluated_for: date | None
    opened_at: datetime

    def holds(self, at: datetime, month: date) -> bool:
        """Whether it was evaluated for a month, and is in force at a moment of it."""
        return (
            self.tier_evaluated_for is not None
            and self.tier_evaluated_for >= month
            and (self.tier_since is None or self.tier_since <= at)
        )


_STORED = f"SELECT {', '.join(StoredTier._fields)} FROM loyalty_wallet WHERE subscriber_id = %s"  # noqa: S608
_STARTS = "SELECT starts_at, tier FROM loyalty_tierchange WHERE subscriber_id = %s"
_REVENUE = """
    SELECT month, revenue_minor FROM loyalty_subscribermonth
    WHERE subscriber_id = %s AND month >= %s
"""


def tier_in_force(*, subscriber_id: int, at: datetime) -> TierInForce:
    """The tier at a moment, also of a month that was not evaluated yet: as it will be.

    Whoever has no wallet is Bronze.
    """
    month = month_of(at, program_zone())
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [subscriber_id])
        row = cursor.fetchone()
        if row is None:
            return TierInForce(BRONZE)
        stored = StoredTier(*row)
        if stored.holds(at, month):
            return TierInForce(stored.tier, stored.tier_since, stored.downgrade_on)
        if stored.tier_evaluated_for is not None and stored.tier_evaluated_for >= month:
            cursor.execute(_STARTS, [subscriber_id])
            return _from_history([TierStart(*start) for start in cursor.fetchall()], at)
        steps = _steps_until(subscriber_id, stored, month)
    return _after(stored, steps)


def _from_history(starts: list[TierStart], at: datetime) -> TierInForce:
    past = [start.starts_at for start in starts if start.starts_at <= at]
    return TierInForce(tier_at(starts, at), max(past, default=None))


def _steps_until(subscriber_id: int, stored: StoredTier, month: date) -> list[TierStep]:
    """Ask the policy of the evaluation that is still to come."""
    zone, calendar = program_zone(), terms_calendar()
    months = months_until(month_of(stored.opened_at, zone), stored.tier_evaluated_for, month)
    if not months:
        return []

    def terms_of(month: date) -> Terms:
        return calendar.at(start_of_day(month, zone)).terms

    since = min(add_months(each, -terms_of(each).tier_window_months) for each in months)
    with connection.cursor() as cursor:
        cursor.execute(_REVENUE, [subscriber_id, since])
        revenue: dict[date, int] = dict(cursor.fetchall())
    return steps_through(
        months,
        TierStanding(stored.tier, stored.downgrade_on),
        paid_in=lambda start, end: sum(
            minor for month, minor in revenue.items() if start <= month < end
        ),
        terms_of=terms_of,
    )


def _after(stored: StoredTier, steps: list[TierStep]) -> TierInForce:
    tier, since, downgrade_on = stored.tier, stored.tier_since, stored.downgrade_on
    for step in steps:
        tier, downgrade_on = step.after.tier, step.after.downgrade_on
        if step.after.tier != step.before.tier:
            since = start_of_day(step.month, program_zone())
    return TierInForce(tier, since, downgrade_on)
