"""What closing a calendar month needs, and which months are still open."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from kernel.moments import add_months, start_of_day
from loyalty.policy.book import LEDGER_ACCOUNTS
from loyalty.policy.closings import Moved
from loyalty.queries.terms import program_zone

# The month after the last closed one, or that of the first thing that was ever posted.
_FIRST_OPEN = """
    SELECT coalesce(
        (SELECT (max(month) + interval '1 month')::date FROM loyalty_monthclosing),
        (SELECT date_trunc('month', min(opened_at) AT TIME ZONE %s)::date FROM loyalty_wallet)
    )
"""

# Wallets and entries in one statement, and so in one snapshot.
_MOVED = f"""
    SELECT date_trunc('month', posted_at AT TIME ZONE %(zone)s)::date, source, destination,
        count(*), sum(points)::bigint
    FROM loyalty_entry WHERE posted_at >= %(start)s GROUP BY 1, 2, 3
    UNION ALL
    SELECT NULL, account, '', 0, coalesce(sum(points), 0)::bigint
    FROM loyalty_wallet CROSS JOIN LATERAL (
        VALUES {", ".join(f"('{name}', {name})" for name in LEDGER_ACCOUNTS)}
    ) AS held (account, points)
    GROUP BY account
"""  # noqa: S608

_MONEY = """
    SELECT m.month,
        (SELECT coalesce(sum(revenue_minor), 0) FROM loyalty_subscribermonth s
         WHERE s.month = m.month)::bigint,
        (SELECT coalesce(sum(value_minor), 0) FROM loyalty_redemption r
         WHERE r.settled_at >= m.starts_at AND r.settled_at < m.ends_at)::bigint
        - (SELECT coalesce(sum(value_minor), 0) FROM loyalty_redemption r
         WHERE r.status = 'reversed'
         AND r.returned_at >= m.starts_at AND r.returned_at < m.ends_at)::bigint
    FROM unnest(%s::date[], %s::timestamptz[], %s::timestamptz[]) AS m (month, starts_at, ends_at)
"""


class Movements(NamedTuple):
    """What was moved from a month on, and the balances of all wallets in the same snapshot."""

    moves: list[Moved]
    balances: dict[str, int]


class MonthMoney(NamedTuple):
    """Kopecks: what a month's charges came to, and what was redeemed in it net of reversals."""

    revenue_minor: int
    redeemed_minor: int


def first_open_month() -> date | None:
    """The first month that was not closed, None before anything was posted."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_OPEN, [str(program_zone())])
        found: date | None = cursor.fetchone()[0]
    return found


def movements_since(month: date) -> Movements:
    """What entries moved from a month on, month by month."""
    zone = program_zone()
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {"zone": str(zone), "start": start_of_day(month, zone)})
        rows = cursor.fetchall()
    moves = [Moved(*row) for row in rows if row[0] is not None]
    balances = dict.fromkeys(LEDGER_ACCOUNTS, 0)
    balances.update({row[1]: row[4] for row in rows if row[0] is None})
    return Movements(moves, balances)


def money_of(months: Sequence[date]) -> dict[date, MonthMoney]:
    """Revenue and redeemed value by month."""
    starts = [start_of_day(month, program_zone()) for month in months]
    ends: list[datetime] = [start_of_day(add_months(month, 1), program_zone()) for month in months]
    with connection.cursor() as cursor:
        cursor.execute(_MONEY, [list(months), starts, ends])
        return {month: MonthMoney(*money) for month, *money in cursor.fetchall()}
