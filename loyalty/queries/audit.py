"""The laws that SQL proves best: each file of sql/audit lists the rows that break one."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection

from loyalty.policy.book import LEDGER_ACCOUNTS
from loyalty.policy.redemptions import REWARDS
from loyalty.policy.replay import Fault
from loyalty.queries.terms import program_zone, terms_calendar

_FILES = Path(__file__).resolve().parent.parent / "sql" / "audit"

# Every check reads the terms as these two tables.
_TERMS = """
    WITH terms (
        number, starts_at, ends_at, point_value_minor, lot_life_months, reservation_hours,
        four_eyes_above_minor
    ) AS (
        SELECT * FROM unnest(
            %(numbers)s::smallint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[],
            %(values)s::bigint[], %(lives)s::int[], %(holds)s::int[], %(four_eyes)s::bigint[]
        )
    ), rule (terms, kind, tier, numerator, denominator) AS (
        SELECT * FROM unnest(
            %(rule_terms)s::smallint[], %(rule_kinds)s::text[], %(rule_tiers)s::text[],
            %(numerators)s::bigint[], %(denominators)s::bigint[]
        )
    ), fault AS MATERIALIZED (
"""
_FIRST = """
    )
    SELECT relation, subscriber_id, row, differs, count(*) OVER ()
    FROM fault ORDER BY subscriber_id, row LIMIT %(limit)s
"""

_SUMS = f"""
    SELECT {", ".join(f"coalesce(sum({name}), 0)::bigint" for name in LEDGER_ACCOUNTS)}
    FROM loyalty_wallet
"""  # noqa: S608

_MONEY = """
    SELECT
        (SELECT coalesce(sum(revenue_minor), 0)::bigint FROM loyalty_subscribermonth),
        (SELECT coalesce(sum(amount_minor), 0)::bigint FROM loyalty_charge),
        (SELECT coalesce(sum(amount_minor), 0)::bigint FROM loyalty_refund
         WHERE status = 'applied')
"""


class Sweep(NamedTuple):
    """What one check found: how many rows break its law, and the first of them."""

    faults: int
    first: list[Fault]


class Revenue(NamedTuple):
    """Kopecks by month totals, and by the charges and refunds that they sum."""

    months_minor: int
    charges_minor: int
    refunds_minor: int


def sweeps(*, limit: int) -> Iterator[Sweep]:
    """Run every check over the whole database; each lists at most `limit` rows."""
    parameters = {**_terms(), "zone": str(program_zone()), "rewards": list(REWARDS), "limit": limit}
    for file in sorted(_FILES.glob("*.sql")):
        with connection.cursor() as cursor:
            cursor.execute(_TERMS + file.read_text() + _FIRST, parameters)
            rows = cursor.fetchall()
        first = [Fault(table, key or 0, row, differs) for table, key, row, differs, _ in rows]
        yield Sweep(rows[0][4] if rows else 0, first)


def wallet_sums() -> dict[str, int]:
    """The balances of all wallets' rows together."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        return dict(zip(LEDGER_ACCOUNTS, cursor.fetchone(), strict=True))


def revenue() -> Revenue:
    """What was charged and given back."""
    with connection.cursor() as cursor:
        cursor.execute(_MONEY)
        return Revenue(*cursor.fetchone())


def entries_posted_after(at: datetime) -> bool:
    """Whether anything was posted after a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM loyalty_entry WHERE posted_at > %s)", [at])
        return bool(cursor.fetchone()[0])


def entries_counted() -> int:
    """About how many entries there are, for progress."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(last_number), 0)::bigint FROM loyalty_wallet")
        return int(cursor.fetchone()[0])


def names_of(subscriber_ids: Sequence[int]) -> dict[int, str]:
    """External ids by subscriber."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, external_id FROM accounts_subscriber WHERE id = ANY(%s)",
            [list(subscriber_ids)],
        )
        return dict(cursor.fetchall())


def _terms() -> dict[str, Any]:
    versions = terms_calendar().versions()
    # As text, because the infinities beside them are.
    starts = [starts_at.isoformat() for starts_at, _ in versions]
    rules = [
        (version.number, kind, tier, *ratio)
        for _, version in versions
        for (kind, tier), ratio in version.terms.points_per_kopeck().items()
    ]
    columns = [list(column) for column in zip(*rules, strict=True)]
    names = ("rule_terms", "rule_kinds", "rule_tiers", "numerators", "denominators")
    return {
        "numbers": [version.number for _, version in versions],
        # The first version is in force for all that lies before it, too.
        "starts": ["-infinity", *starts[1:]],
        "ends": [*starts[1:], "infinity"],
        "values": [version.terms.point_value_minor for _, version in versions],
        "lives": [version.terms.lot_life_months for _, version in versions],
        "holds": [version.terms.redemption.reservation_hours for _, version in versions],
        "four_eyes": [version.terms.four_eyes_above_minor for _, version in versions],
        **dict(zip(names, columns, strict=True)),
    }
