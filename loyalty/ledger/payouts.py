"""Payouts, their instalments and their steps: read and written for a list at once."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from loyalty.ledger.connection import execute, fetch
from loyalty.policy.gate import REFERRAL_BONUS, Change, PastStep
from loyalty.policy.payouts import HeldInstalment, HeldPayout, PayoutCause, ReferralPay

_PAYOUT_COLUMNS = tuple(column.name for column in fields(HeldPayout))
_REASONS = _PAYOUT_COLUMNS.index("reasons")
_INSTALMENT_COLUMNS = tuple(column.name for column in fields(HeldInstalment))

# Reasons as text, because the driver's own reading of JSON takes longer than the rest of the row.
_PAYOUTS = f"""
    SELECT {", ".join(_PAYOUT_COLUMNS).replace("reasons", "reasons::text")} FROM loyalty_payout
    WHERE id = ANY(%s::uuid[]) ORDER BY requested_at, id
"""  # noqa: S608

_INSTALMENTS = f"""
    SELECT {", ".join(f"i.{name}" for name in _INSTALMENT_COLUMNS)}
    FROM unnest(%s::bigint[], %s::uuid[]) AS v (subscriber_id, payout_id)
    JOIN loyalty_instalment i USING (subscriber_id, payout_id)
    ORDER BY i.due_on, i.subscriber_id, i.payout_id, i.number
"""  # noqa: S608

# What a step may change of a payout.
_STEP = {
    "status": "text",
    "points": "bigint",
    "maker": "text",
    "checker": "text",
    "proposed_verdict": "text",
    "reasons": "jsonb",
    "caps_waived": "boolean",
    "promise": "int",
    "decided_at": "timestamptz",
    "decided_by": "text",
}
_SAVE = f"""
    UPDATE loyalty_payout p SET {", ".join(f"{name} = v.{name}" for name in _STEP)}
    FROM unnest(%s::uuid[], {", ".join(f"%s::{kind}[]" for kind in _STEP.values())})
        AS v (id, {", ".join(_STEP)})
    WHERE p.id = v.id
"""  # noqa: S608

# What is known of a payout when it is requested.
_REQUEST = {
    "id": "uuid",
    "subscriber_id": "bigint",
    "kind": "text",
    "status": "text",
    "points": "bigint",
    "value_minor": "bigint",
    "cause_type": "text",
    "cause_id": "text",
    "terms": "smallint",
    "parts": "smallint",
    "depends_on_id": "bigint",
    "four_eyes_above_minor": "bigint",
    "maker": "text",
    "proposed_verdict": "text",
    "requested_by": "text",
}
_ADD_PAYOUTS = f"""
    INSERT INTO loyalty_payout ({", ".join(_REQUEST)}, requested_at)
    SELECT v.*, moment.at
    FROM unnest({", ".join(f"%s::{kind}[]" for kind in _REQUEST.values())}) AS v,
        (VALUES (%s::timestamptz)) AS moment (at)
    ON CONFLICT DO NOTHING
    RETURNING subscriber_id, kind, cause_type, cause_id, id
"""  # noqa: S608

_PAYOUTS_OF = """
    SELECT v.subscriber_id, v.kind, v.cause_type, v.cause_id, p.id
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
        AS v (subscriber_id, kind, cause_type, cause_id)
    JOIN loyalty_payout p USING (subscriber_id, kind, cause_type, cause_id)
"""

_ADD_INSTALMENTS = f"""
    INSERT INTO loyalty_instalment ({", ".join(_INSTALMENT_COLUMNS)})
    SELECT * FROM unnest(
        %s::bigint[], %s::uuid[], %s::smallint[], %s::date[], %s::date[], %s::bigint[],
        %s::bigint[], %s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[]
    )
"""  # noqa: S608

_SAVE_INSTALMENTS = """
    UPDATE loyalty_instalment i SET status = v.status, lot = v.lot, paid_at = v.paid_at,
        ended_at = v.ended_at
    FROM unnest(
        %s::bigint[], %s::uuid[], %s::smallint[], %s::text[], %s::int[], %s::timestamptz[],
        %s::timestamptz[]
    ) AS v (subscriber_id, payout_id, number, status, lot, paid_at, ended_at)
    WHERE i.subscriber_id = v.subscriber_id AND i.payout_id = v.payout_id
        AND i.number = v.number
"""

_KEEP_CHANGES = """
    INSERT INTO loyalty_gatechange (
        subject_type, subject_id, subscriber_id, step, before, after, changed_at, changed_by,
        reason, details
    )
    SELECT * FROM unnest(
        %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],
        %s::timestamptz[], %s::text[], %s::text[], %s::jsonb[]
    )
"""

_PAST_STEPS = """
    SELECT subject_id, step, before, coalesce(details -> 'reasons' -> 0 ->> 'code', '')
    FROM loyalty_gatechange WHERE subject_type = 'payout' AND subject_id = ANY(%s::text[])
    ORDER BY subject_id, id DESC
"""

# By month, what inviters were paid, and how many referrals were paid for the first time.
_REFERRAL_PAY = """
    SELECT i.subscriber_id, i.month, sum(i.value_minor)::bigint,
        count(*) FILTER (WHERE i.number = 1)
    FROM loyalty_instalment i JOIN loyalty_payout p ON p.id = i.payout_id
    WHERE i.subscriber_id = ANY(%s::bigint[]) AND i.status = 'paid' AND p.kind = %s
    GROUP BY i.subscriber_id, i.month
"""

# What exceeded a cap stops waiting: a verdict has given it, or declined it, for ever.
_SETTLE_EXCESS = """
    UPDATE loyalty_charge c SET points_waiting = 0,
        points_cleared = c.points_cleared + CASE WHEN v.cleared THEN c.points_waiting ELSE 0 END,
        points_declined = c.points_declined + CASE WHEN v.cleared THEN 0 ELSE c.points_waiting END
    FROM unnest(%s::bigint[], %s::date[], %s::boolean[]) AS v (subscriber_id, month, cleared)
    WHERE c.subscriber_id = v.subscriber_id AND c.month = v.month AND c.points_waiting > 0
"""


def add_payouts(
    payouts: Sequence[HeldPayout], *, requested_at: datetime
) -> dict[PayoutCause, UUID]:
    """Insert payouts, each once per cause; the ids that stand under their causes now."""
    rows = [
        (payout.id.hex, *(getattr(payout, name) for name in _REQUEST if name != "id"))
        for payout in payouts
    ]
    columns = (list(column) for column in zip(*rows, strict=True))
    added = fetch(_ADD_PAYOUTS, *columns, requested_at)
    found: dict[PayoutCause, UUID] = {tuple(row[:4]): row[4] for row in added}
    if len(found) < len(payouts):
        # Somebody has requested the others before, or they are here twice.
        causes = zip(*(payout.cause for payout in payouts), strict=True)
        kept = fetch(_PAYOUTS_OF, *(list(column) for column in causes))
        found |= {tuple(row[:4]): row[4] for row in kept}
    return found


def payouts_called(payout_ids: Sequence[UUID]) -> list[HeldPayout]:
    """Those of these payouts that exist, the earliest request first."""
    return [_payout(row) for row in fetch(_PAYOUTS, _uuids(payout_ids))]


def instalments_of(payouts: Sequence[HeldPayout]) -> dict[UUID, list[HeldInstalment]]:
    """The parts of these payouts in the order in which they are due."""
    found: dict[UUID, list[HeldInstalment]] = {payout.id: [] for payout in payouts}
    rows = fetch(
        _INSTALMENTS,
        [payout.subscriber_id for payout in payouts],
        _uuids([payout.id for payout in payouts]),
    )
    for row in rows:
        part = HeldInstalment(*row)
        found[part.payout_id].append(part)
    return found


def referral_pay(subscriber_ids: Sequence[int]) -> dict[int, ReferralPay]:
    """What these inviters were paid for referrals, net of what was clawed back."""
    found = {subscriber: ReferralPay() for subscriber in subscriber_ids}
    for subscriber, month, value, begun in fetch(
        _REFERRAL_PAY, list(subscriber_ids), REFERRAL_BONUS
    ):
        found[subscriber].value_minor[month] = value
        found[subscriber].begun[month] = begun
    return found


def past_steps(payout_ids: Sequence[UUID]) -> dict[UUID, list[PastStep]]:
    """The steps that these payouts have taken, the latest first."""
    found: dict[UUID, list[PastStep]] = {payout_id: [] for payout_id in payout_ids}
    for subject, *step in fetch(_PAST_STEPS, [str(payout_id) for payout_id in payout_ids]):
        found[UUID(subject)].append(PastStep(*step))
    return found


def save_payouts(payouts: Sequence[HeldPayout]) -> None:
    """Write what steps changed of payouts."""
    if payouts:
        rows = [
            (
                str(payout.id),
                *(getattr(payout, name) for name in _STEP if name != "reasons"),
            )
            for payout in payouts
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        place = 1 + list(_STEP).index("reasons")
        columns.insert(place, [orjson.dumps(payout.reasons).decode() for payout in payouts])
        execute(_SAVE, *columns)


def add_instalments(parts: Sequence[HeldInstalment]) -> None:
    """Insert the parts of payouts that were cleared."""
    if parts:
        rows = [(part.subscriber_id, str(part.payout_id), *astuple(part)[2:]) for part in parts]
        execute(_ADD_INSTALMENTS, *(list(column) for column in zip(*rows, strict=True)))


def save_instalments(parts: Sequence[HeldInstalment]) -> None:
    """Write what became of instalments."""
    if parts:
        rows = [
            (
                part.subscriber_id,
                part.payout_id.hex,
                part.number,
                part.status,
                part.lot,
                part.paid_at,
                part.ended_at,
            )
            for part in parts
        ]
        execute(_SAVE_INSTALMENTS, *(list(column) for column in zip(*rows, strict=True)))


def keep_changes(changes: Sequence[Change]) -> None:
    """Keep steps for ever."""
    if changes:
        rows = [
            (
                change.subject_type,
                change.subject_id,
                change.subscriber_id,
                change.step,
                change.before,
                change.after,
                change.at,
                change.by,
                change.reason[:500],
                orjson.dumps(change.details).decode(),
            )
            for change in changes
        ]
        execute(_KEEP_CHANGES, *(list(column) for column in zip(*rows, strict=True)))


def settle_excess(decided: Sequence[tuple[int, date, bool]]) -> None:
    """Note on the charges of (subscriber, month) that what waited was cleared, or declined."""
    if decided:
        execute(_SETTLE_EXCESS, *(list(column) for column in zip(*decided, strict=True)))


def _uuids(values: Sequence[UUID]) -> list[object]:
    # Writing the hyphens takes three times as long.
    return [value.hex for value in values]


def _payout(row: Sequence[Any]) -> HeldPayout:
    values = list(row)
    values[_REASONS] = orjson.loads(values[_REASONS])
    return HeldPayout(*values)
