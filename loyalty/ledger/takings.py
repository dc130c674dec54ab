"""What a taking moved, and what has paid debt since: read where a taking is undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.ledger.connection import fetch
from loyalty.policy.book import Entry

# Entries that took points back and were not taken back themselves.
_TAKINGS = f"""
    SELECT {", ".join(f"e.{name}" for name in Entry._fields)}
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v (subscriber_id, cause_type, cause_id)
    JOIN loyalty_entry e USING (subscriber_id, cause_type, cause_id)
    WHERE e.kind IN ('refund', 'chargeback', 'clawback', 'cancellation')
        AND NOT EXISTS (
            SELECT 1 FROM loyalty_entry r
            WHERE r.subscriber_id = e.subscriber_id AND r.reverses = e.number
        )
    ORDER BY e.subscriber_id, e.number
"""  # noqa: S608

# What earnings paid of debt would have opened a lot of its own; what came back from a redemption
# and paid debt was in the lots that it was drawn from. The latest first.
_PAYMENTS = """
    SELECT e.subscriber_id, e.number, coalesce(d.points, e.points),
        coalesce(o.occurred_at, e.occurred_at), coalesce(o.terms, e.terms), l.expires_at,
        (SELECT coalesce(sum(b.points), 0) FROM loyalty_entry b
         WHERE b.subscriber_id = e.subscriber_id AND b.kind = 'debt_return'
         AND b.cause_type = 'entry' AND b.cause_id = e.number::text)::bigint
    FROM loyalty_entry e
    LEFT JOIN loyalty_lotdraw d ON d.subscriber_id = e.subscriber_id AND d.entry = e.number
    LEFT JOIN loyalty_lot l ON l.subscriber_id = d.subscriber_id AND l.number = d.lot
    LEFT JOIN loyalty_entry o ON o.subscriber_id = l.subscriber_id AND o.number = l.number
    WHERE e.subscriber_id = ANY(%s::bigint[]) AND e.destination = 'debt'
        AND e.kind IN ('accrual', 'payment', 'debt_payment', 'rounding')
    ORDER BY e.subscriber_id, e.number DESC, d.lot DESC
"""


class PaymentRow(NamedTuple):
    """Points that paid debt.

    Attributes:
        occurred_at, terms: of the entry that opened their lot, or would have.
        expires_at: of the lot that they were in; None if they never were in one.
        returned: of the whole entry, whose first rows count first.
    """

    subscriber_id: int
    entry: int
    points: int
    occurred_at: datetime
    terms: int
    expires_at: datetime | None
    returned: int


def takings_of(causes: Sequence[tuple[int, str, str]]) -> dict[tuple[int, str], list[Entry]]:
    """Entries that took points back, by (subscriber, id of the cause), in their order."""
    columns: list[list[object]] = [[row[place] for row in causes] for place in range(3)]
    found: dict[tuple[int, str], list[Entry]] = {(row[0], row[2]): [] for row in causes}
    for row in map(Entry._make, fetch(_TAKINGS, *columns)):
        found[row.subscriber_id, row.cause_id].append(row)
    return found


def payments_of_debt(subscriber_ids: Sequence[int]) -> list[PaymentRow]:
    """What has paid these subscribers' debt, the latest payment of each first."""
    return list(map(PaymentRow._make, fetch(_PAYMENTS, list(subscriber_ids))))
