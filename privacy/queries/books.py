"""What must be the same before and after an erasure."""

from django.db import connection

from loyalty.policy.book import LEDGER_ACCOUNTS
from privacy.queries.tables import HELD, about

_ENTRIES = """
    SELECT count(*), coalesce(sum(points), 0)::bigint FROM loyalty_entry WHERE subscriber_id = %s
"""
# Rows of these say who somebody is; all others say what happened.
_WHO = ("accounts.",)

Books = dict[str, int]


def books_of(subscriber_id: int) -> dict[str, Books]:
    """A subscriber's balances, and the number and points of their entries."""
    columns = ", ".join(LEDGER_ACCOUNTS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM loyalty_wallet WHERE subscriber_id = %s",  # noqa: S608
            [subscriber_id],
        )
        wallet = cursor.fetchone()
        cursor.execute(_ENTRIES, [subscriber_id])
        entries, points = cursor.fetchone()
    return {
        "wallet": dict(zip(LEDGER_ACCOUNTS, wallet, strict=True)) if wallet else {},
        "entries": {"rows": entries, "points": points},
    }


def rows_kept_about(subscriber_id: int) -> Books:
    """How many rows are still about a subscriber, by table; tables without any are left out."""
    counts = {held.model: about(held, subscriber_id).count() for held in HELD}
    return {model: rows for model, rows in counts.items() if rows and not model.startswith(_WHO)}
