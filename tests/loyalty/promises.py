"""Payouts and their parts as the tables have them, and the laws of money that they keep."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from tests.books import rows

# (number, status) of each part, as a payout's state is compared.
Parts = list[tuple[int, str]]

_BALANCES = """
    SELECT w.*, coalesce(l.remaining, 0) AS in_lots, coalesce(d.points, 0) AS due,
        coalesce(m.benefit_minor, 0) AS of_months
    FROM loyalty_wallet w
    LEFT JOIN (SELECT subscriber_id, sum(remaining) AS remaining FROM loyalty_lot GROUP BY 1) l
        USING (subscriber_id)
    LEFT JOIN (
        SELECT i.subscriber_id, sum(i.points) AS points
        FROM loyalty_instalment i JOIN loyalty_payout p ON p.id = i.payout_id
        WHERE i.status = 'due' AND p.promise IS NOT NULL
            AND p.status IN ('cleared', 'frozen', 'in_review')
        GROUP BY 1
    ) d USING (subscriber_id)
    LEFT JOIN (
        SELECT subscriber_id, sum(benefit_minor) AS benefit_minor FROM loyalty_subscribermonth
        GROUP BY 1
    ) m USING (subscriber_id)
"""

_ENTRIES = """
    SELECT sum(CASE WHEN destination = %s THEN points ELSE 0 END)
        - sum(CASE WHEN source = %s THEN points ELSE 0 END) AS came
    FROM loyalty_entry WHERE subscriber_id = %s
"""

_PROMISES = """
    SELECT p.*,
        (SELECT count(*) FROM loyalty_instalment i WHERE i.payout_id = p.id) AS number_of_parts,
        (SELECT coalesce(sum(points), 0) FROM loyalty_instalment i WHERE i.payout_id = p.id)
            AS in_parts,
        (SELECT coalesce(sum(points), 0) FROM loyalty_instalment i WHERE i.payout_id = p.id
            AND i.status IN ('paid', 'clawed_back')) AS once_paid,
        (SELECT coalesce(sum(points), 0) FROM loyalty_instalment i WHERE i.payout_id = p.id
            AND i.status = 'cancelled') AS cancelled,
        (SELECT coalesce(sum(points), 0) FROM loyalty_instalment i WHERE i.payout_id = p.id
            AND i.status = 'clawed_back') AS clawed_back
    FROM loyalty_payout p
"""

# Net of what was reinstated: its mirrors count against what they take back.
_MOVED = """
    SELECT coalesce(o.kind, e.kind) AS kind,
        sum(CASE WHEN o.kind IS NULL THEN e.points ELSE -e.points END)::bigint AS points
    FROM loyalty_entry e
    LEFT JOIN loyalty_entry o ON o.subscriber_id = e.subscriber_id AND o.number = e.reverses
    WHERE e.cause_type = 'payout' AND e.cause_id = %s GROUP BY 1
"""

_CHARGES = """
    SELECT c.*, coalesce(f.from_review, 0) AS from_review, coalesce(f.taken, 0) AS taken
    FROM loyalty_charge c LEFT JOIN (
        SELECT subscriber_id, charge_id, sum(points_from_review) AS from_review,
            sum(points_revoked + points_lapsed + points_to_debt) AS taken
        FROM loyalty_refund WHERE status = 'applied' GROUP BY 1, 2
    ) f USING (subscriber_id, charge_id)
"""

_EXCESSES = """
    SELECT coalesce(sum(points), 0) AS points FROM loyalty_payout
    WHERE kind = 'cap_excess' AND status = 'in_review'
"""


def prove_promises() -> None:
    """What payouts promise, and what was paid of them, is on the books, wallet by wallet."""
    for wallet in rows(_BALANCES):
        _prove_wallet(wallet)
    for payout in rows(_PROMISES):
        _prove_payout(payout)
    _prove_charges()


def _prove_wallet(wallet: dict[str, Any]) -> None:
    member = ("pending", "available", "reserved")
    program = ("redeemed", "expired", "revoked")
    held = sum(wallet[account] for account in member + program)
    assert wallet["issued"] + wallet["debt"] == held
    for account in (*member, *program, "issued", "debt"):
        [found] = rows(_ENTRIES, account, account, wallet["subscriber_id"])
        sign = -1 if account in ("issued", "debt") else 1
        assert wallet[account] == sign * (found["came"] or 0), account
    assert wallet["available"] == wallet["in_lots"]
    assert wallet["pending"] == wallet["due"]
    assert wallet["benefit_life_minor"] == wallet["of_months"]


def _prove_payout(payout: dict[str, Any]) -> None:
    moved = {row["kind"]: row["points"] for row in rows(_MOVED, str(payout["id"]))}
    if payout["promise"] is None:
        assert moved == {}
        assert payout["number_of_parts"] == 0
        assert payout["status"] in ("requested", "in_review", "refused", "cancelled")
        return
    assert payout["in_parts"] == payout["points"] == moved["grant"]
    assert moved.get("payment", 0) == payout["once_paid"]
    assert moved.get("cancellation", 0) == payout["cancelled"]
    # What had lapsed unspent is not taken a second time.
    assert moved.get("clawback", 0) <= payout["clawed_back"]


def _prove_charges() -> None:
    for charge in rows(_CHARGES):
        above = charge["points_waiting"] + charge["points_cleared"] + charge["points_declined"]
        assert charge["points_in_review"] == above + charge["from_review"]
        assert charge["points_earned"] + charge["points_cleared"] >= charge["taken"]
    [held] = rows(_EXCESSES)
    [waiting] = rows("SELECT coalesce(sum(points_waiting), 0) AS points FROM loyalty_charge")
    assert held["points"] == waiting["points"]


def ask(
    cause_id: str = "cause",
    *,
    subscriber_id: str = "subscriber",
    kind: str = "goodwill",
    value_minor: int = 30_000,
    parts: int = 1,
    depends_on: str | None = None,
    maker: str | None = None,
    terms: int = 1,
    now: datetime,
) -> UUID:
    """Request a benefit; its id."""
    request = PayoutRequest(
        subscriber_id, kind, "test", cause_id, value_minor, terms, parts, depends_on, maker
    )
    [outcome] = request_payouts(requests=[request], now=now)
    assert outcome.payout_id is not None
    return outcome.payout_id


def payout(payout_id: UUID) -> dict[str, Any]:
    """A payout, column by column."""
    [found] = rows("SELECT * FROM loyalty_payout WHERE id = %s", payout_id)
    return found


def state(payout_id: UUID) -> tuple[str, Parts]:
    """What a payout is, and what became of its parts."""
    parts = rows(
        "SELECT number, status FROM loyalty_instalment WHERE payout_id = %s ORDER BY number",
        payout_id,
    )
    return payout(payout_id)["status"], [(part["number"], part["status"]) for part in parts]


def statuses(payout_id: UUID) -> list[str]:
    """The statuses of a payout's parts."""
    return [status for _, status in state(payout_id)[1]]


def reasons(payout_id: UUID) -> list[str]:
    """The codes of what a payout waits for, or ended by."""
    kept = payout(payout_id)["reasons"]
    return [reason["code"] for reason in (json.loads(kept) if isinstance(kept, str) else kept)]


def steps(subject_id: object) -> list[tuple[str, str, str, str]]:
    """The steps that were kept: step, before, after, by whom."""
    found = rows(
        "SELECT step, before, after, changed_by FROM loyalty_gatechange"
        " WHERE subject_id = %s ORDER BY id",
        str(subject_id),
    )
    return [(row["step"], row["before"], row["after"], row["changed_by"]) for row in found]
