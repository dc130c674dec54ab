"""The program in figures: sums over all wallets, which close because each wallet's books do."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

SOON = timedelta(days=30)

_WALLETS = """
    SELECT count(*), coalesce(sum(issued), 0)::bigint, coalesce(sum(available), 0)::bigint,
        coalesce(sum(reserved), 0)::bigint, coalesce(sum(pending), 0)::bigint,
        coalesce(sum(debt), 0)::bigint, coalesce(sum(redeemed), 0)::bigint,
        coalesce(sum(expired), 0)::bigint, coalesce(sum(revoked), 0)::bigint
    FROM loyalty_wallet
"""
_SUBSCRIBERS = """
    SELECT s.status, w.tier, count(*)
    FROM accounts_subscriber s LEFT JOIN loyalty_wallet w ON w.subscriber_id = s.id
    GROUP BY s.status, w.tier
"""
_SOON = """
    SELECT coalesce(sum(remaining), 0)::bigint FROM loyalty_lot
    WHERE remaining > 0 AND expires_at > %s AND expires_at <= %s
"""
_IN_REVIEW = """
    SELECT count(*), coalesce(sum(value_minor), 0)::bigint FROM loyalty_payout
    WHERE status = 'in_review'
"""
_RESERVED = """
    SELECT count(*), coalesce(sum(value_minor), 0)::bigint FROM loyalty_redemption
    WHERE status = 'reserved'
"""


class WalletSums(NamedTuple):
    """What all wallets hold together, in points, of whoever has left too: it is on the books."""

    wallets: int
    issued: int
    available: int
    reserved: int
    pending: int
    debt: int
    redeemed: int
    expired: int
    revoked: int


class Held(NamedTuple):
    """How many wait, and what they are worth in kopecks."""

    number: int
    value_minor: int


class ProgramFigures(NamedTuple):
    """The program at a moment.

    Attributes:
        subscribers: how many, by status and by the tier of their wallet, None without one.
    """

    at: datetime
    subscribers: dict[tuple[str, str | None], int]
    wallets: WalletSums
    lapsing_soon: int
    payouts_in_review: Held
    redemptions_reserved: Held

    def of_status(self, status: str) -> int:
        """How many subscribers are in a status."""
        return sum(number for (known, _), number in self.subscribers.items() if known == status)

    def members_in(self, tier: str | None) -> int:
        """How many members are in a tier, or have no wallet yet; members are active."""
        return self.subscribers.get(("active", tier), 0)


def program_figures(*, now: datetime) -> ProgramFigures:
    """Read the figures; it passes over whole tables, so its readers keep what it says a while."""
    with connection.cursor() as cursor:
        cursor.execute(_SUBSCRIBERS)
        subscribers = {(status, tier): number for status, tier, number in cursor.fetchall()}
        cursor.execute(_WALLETS)
        wallets = WalletSums(*cursor.fetchone())
        cursor.execute(_SOON, [now, now + SOON])
        lapsing_soon = cursor.fetchone()[0]
        cursor.execute(_IN_REVIEW)
        in_review = Held(*cursor.fetchone())
        cursor.execute(_RESERVED)
        reserved = Held(*cursor.fetchone())
    return ProgramFigures(now, subscribers, wallets, lapsing_soon, in_review, reserved)
