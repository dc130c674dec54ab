"""Stored assessments of the live rule sets, with what persons made of their subjects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import orjson
from django.db import connection

from fraud.policy.cases import FALSE_POSITIVE, FRAUD
from fraud.policy.facts import Facts
from fraud.policy.rules import BENEFITS

_AT_ONCE = 1_000

# A subject that was screened more often counts once, as it was found first: before that, nobody
# had looked at it. The verdict is the last one.
_FIRST_LOOKS = """
    SELECT a.id, coalesce(c.verdict, '')
    FROM fraud_assessment a
    {join} (
        SELECT c.verdict FROM fraud_case c
        WHERE c.subject_type = a.subject_type AND c.subject_id = a.subject_id
            AND c.status = 'closed' AND c.verdict = ANY(%(verdicts)s)
        ORDER BY c.decided_at DESC, c.id DESC LIMIT 1
    ) c ON true
    WHERE NOT a.is_shadow AND a.subject_type = ANY(%(types)s)
        AND a.assessed_at >= %(since)s AND a.assessed_at < %(until)s
        AND NOT EXISTS (
            SELECT 1 FROM fraud_assessment earlier
            WHERE earlier.subject_type = a.subject_type AND earlier.subject_id = a.subject_id
                AND earlier.id < a.id AND NOT earlier.is_shadow
                AND earlier.assessed_at >= %(since)s AND earlier.outcome <> 'wait'
        )
        AND (a.outcome <> 'wait' OR NOT EXISTS (
            SELECT 1 FROM fraud_assessment other
            WHERE other.subject_type = a.subject_type AND other.subject_id = a.subject_id
                AND other.id > a.id AND NOT other.is_shadow
                AND other.assessed_at < %(until)s
        ))
    ORDER BY a.id
"""
_ASSESSED = _FIRST_LOOKS.format(join="LEFT JOIN LATERAL")
_JUDGED = _FIRST_LOOKS.format(join="JOIN LATERAL")

_ROWS = """
    SELECT id, subject_type, subject_id, subscriber_id, kind, value_minor, assessed_at, outcome,
        score_millionths, facts
    FROM fraud_assessment WHERE id = ANY(%s)
"""

_WORKED = """
    SELECT extract(epoch FROM e.at - claimed.at) / 60
    FROM fraud_caseevent e
    CROSS JOIN LATERAL (
        SELECT c.at FROM fraud_caseevent c
        WHERE c.case_id = e.case_id AND c.step = 'claim' AND c.by = e.by AND c.id < e.id
        ORDER BY c.id DESC LIMIT 1
    ) claimed
    WHERE e.step = 'decide' AND e.at < %s
    ORDER BY e.id DESC LIMIT 10000
"""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A subject as it was found, and what a person said of it, if anybody did.

    Attributes:
        verdict: "confirmed_fraud", "false_positive", or "" without a clear one.
    """

    assessment_id: int
    subject_type: str
    subject_id: str
    subscriber_id: int
    kind: str
    value_minor: int
    assessed_at: datetime
    outcome: str
    score_millionths: int
    facts: Facts
    verdict: str


def assessed(
    *, since: datetime, until: datetime, types: Sequence[str] = BENEFITS
) -> Iterator[Assessed]:
    """What was assessed live in [since, until), a subject once, in bounded memory."""
    return _stream(_ASSESSED, since, until, types)


def assessed_with_verdict(*, since: datetime, until: datetime) -> Iterator[Assessed]:
    """Those benefits among them of which a person has clearly said what they are."""
    return _stream(_JUDGED, since, until, BENEFITS)


def _stream(
    statement: str, since: datetime, until: datetime, types: Sequence[str]
) -> Iterator[Assessed]:
    said: dict[str, Any] = {
        "since": since,
        "until": until,
        "types": list(types),
        "verdicts": [FRAUD, FALSE_POSITIVE],
    }
    # A cursor of the server's own. Outside of a transaction it outlives its statement, so that
    # whoever reads may write in between; the server then keeps what is still to come, which is
    # why it passes over numbers and verdicts, and rows are read a page at a time.
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, said)
        while verdicts := dict(cursor.fetchmany(_AT_ONCE)):
            with connection.cursor() as rows:
                rows.execute(_ROWS, [list(verdicts)])
                found = {row[0]: row for row in rows.fetchall()}
            yield from (_assessed(*(*found[pk], verdict)) for pk, verdict in verdicts.items())


def assessments_counted(*, since: datetime, until: datetime) -> int:
    """About how many there are, for a progress bar; repeated looks are among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM fraud_assessment a WHERE NOT a.is_shadow"
            " AND a.assessed_at >= %s AND a.assessed_at < %s AND a.subject_type = ANY(%s)",
            [since, until, list(BENEFITS)],
        )
        return int(cursor.fetchone()[0])


def minutes_per_case(*, until: datetime) -> float | None:
    """The median time from claim to decision; None while nobody has decided a claimed case."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKED, [until])
        taken = [float(minutes) for (minutes,) in cursor.fetchall()]
    return median(taken) if taken else None


def _assessed(
    assessment_id: int,
    subject_type: str,
    subject_id: str,
    subscriber_id: int,
    kind: str,
    value_minor: int,
    assessed_at: datetime,
    outcome: str,
    score_millionths: int,
    facts: Any,
    verdict: str,
) -> Assessed:
    return Assessed(
        assessment_id,
        subject_type,
        subject_id,
        subscriber_id,
        kind,
        value_minor,
        assessed_at,
        outcome,
        score_millionths,
        # Django's connection leaves JSON as text to its fields.
        Facts.from_content(orjson.loads(facts) if isinstance(facts, str) else facts),
        verdict,
    )
