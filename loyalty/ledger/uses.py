"""What callers have used of their daily limits."""

from datetime import date

from loyalty.ledger.connection import fetch

# The row stays locked until the commit: of two postings of one caller the second sees the first.
_ADD = """
    INSERT INTO loyalty_dailyuse AS known (actor, day, use, used_minor) VALUES (%s, %s, %s, %s)
    ON CONFLICT (actor, day, use) DO UPDATE
    SET used_minor = known.used_minor + excluded.used_minor
    RETURNING used_minor
"""


def add_use(*, actor: str, day: date, use: str, amount_minor: int) -> int:
    """Add to what a caller has used in a day, and return the sum; kopecks."""
    [[used_minor]] = fetch(_ADD, actor, day, use, amount_minor)
    total: int = used_minor
    return total
