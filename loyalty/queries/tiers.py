"""Whose tier is to be evaluated."""

from datetime import date

from django.db import connection

from loyalty.queries.terms import program_zone

# A wallet is first evaluated for the month in which it was opened.
_FIRST_MONTH = "date_trunc('month', opened_at AT TIME ZONE %s)::date"

_EARLIEST = f"""
    SELECT min(coalesce((tier_evaluated_for + interval '1 month')::date, {_FIRST_MONTH}))
    FROM loyalty_wallet
    WHERE tier_evaluated_for IS NULL OR tier_evaluated_for < %s
"""  # noqa: S608

_DUE = f"""
    SELECT subscriber_id FROM loyalty_wallet
    WHERE coalesce((tier_evaluated_for + interval '1 month')::date, {_FIRST_MONTH}) <= %s
    AND subscriber_id > %s
    ORDER BY subscriber_id LIMIT %s
"""  # noqa: S608


def earliest_unevaluated_month(until: date) -> date | None:
    """The first month for which a wallet is still to be evaluated, None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_EARLIEST, [str(program_zone()), until])
        earliest: date | None = cursor.fetchone()[0]
    return earliest


def wallets_to_evaluate(*, month: date, after: int, limit: int) -> list[int]:
    """Subscribers above `after` whose tier was not evaluated for `month` yet."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [str(program_zone()), month, after, limit])
        return [row[0] for row in cursor.fetchall()]
