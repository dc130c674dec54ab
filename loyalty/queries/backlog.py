"""How much is due and not done yet, and what is held: for whoever watches."""

from datetime import datetime
from typing import Any

from django.db import connection

from kernel.moments import day_of
from loyalty.queries.program_figures import Held
from loyalty.queries.terms import program_zone

# A backlog longer than this is told as this: it is alarming enough, and cheap to count.
COUNTED_MAX = 100_000

_LOTS = "SELECT 1 FROM loyalty_lot WHERE remaining > 0 AND expires_at <= %(now)s"
_RESERVATIONS = (
    "SELECT 1 FROM loyalty_redemption WHERE status = 'reserved' AND expires_at <= %(now)s"
)
_PAYOUTS = "SELECT 1 FROM loyalty_payout WHERE status = 'requested' AND requested_at <= %(now)s"
# Parts of payouts that are frozen or in review wait with them.
_INSTALMENTS = """
    SELECT 1 FROM loyalty_instalment i
    JOIN loyalty_payout p ON p.id = i.payout_id AND p.status = 'cleared'
    WHERE i.status = 'due' AND i.due_on <= %(today)s
"""
_BY_JOB = {
    "expire_points": _LOTS,
    "lapse_reservations": _RESERVATIONS,
    "screen_payouts": _PAYOUTS,
    "pay_due": _INSTALMENTS,
}

_HELD = """
    SELECT status, count(*), coalesce(sum(value_minor), 0)::bigint FROM loyalty_payout
    WHERE status IN ('in_review', 'frozen') GROUP BY status
"""
_OWED_POINTS = "SELECT coalesce(sum(available + reserved + pending), 0)::bigint FROM loyalty_wallet"


def due_by_job(*, now: datetime) -> dict[str, int]:
    """How many rows each job would find due, `COUNTED_MAX` at most."""
    parameters: dict[str, Any] = {
        "now": now,
        "today": day_of(now, program_zone()),
        "most": COUNTED_MAX,
    }
    counted = {}
    with connection.cursor() as cursor:
        for job, due in _BY_JOB.items():
            cursor.execute(f"SELECT count(*) FROM ({due} LIMIT %(most)s) d", parameters)  # noqa: S608
            counted[job] = cursor.fetchone()[0]
    return counted


def payouts_held() -> dict[str, Held]:
    """How many payouts are held and what they are worth, by status."""
    held = {"in_review": Held(0, 0), "frozen": Held(0, 0)}
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        return held | {status: Held(*sums) for status, *sums in cursor.fetchall()}


def points_owed() -> int:
    """Points that subscribers have or may still get; it passes over all wallets."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED_POINTS)
        points: int = cursor.fetchone()[0]
    return points
