"""Keep what screenings found, whole and once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from fraud.policy.facts import Facts
from fraud.policy.scoring import Judgement
from fraud.queries.asked import Asked
from kernel.arrays import literal
from kernel.fingerprints import fingerprint

# A subject that waits is screened every few minutes: what is found again is not written again.
_NUMBERED = """
    SELECT coalesce(last.id, nextval('fraud_assessment_id_seq')), last.id IS NOT NULL
    FROM unnest(%s::int[], %s::text[], %s::text[], %s::smallint[], %s::bytea[])
        AS v (place, subject_type, subject_id, rule_set, meaning)
    LEFT JOIN LATERAL (
        SELECT a.id, a.meaning FROM fraud_assessment a
        WHERE a.subject_type = v.subject_type AND a.subject_id = v.subject_id
            AND a.rule_set = v.rule_set
        ORDER BY a.id DESC LIMIT 1
    ) last ON last.meaning = v.meaning
    ORDER BY v.place
"""

# By COPY, because JSON within an array is escaped and read twice.
_KEEP = """
    COPY fraud_assessment (
        id, subject_type, subject_id, subscriber_id, kind, value_minor, assessed_at, rule_set,
        is_shadow, facts, contributions, hits, faults, score_millionths, band, outcome, meaning
    ) FROM STDIN
"""
# What begins an escape, and what would end a field or a row. One after the other: looking for
# each is many times faster than translating every character.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


class Found(NamedTuple):
    """What one screening of one subject found under one rule set."""

    asked: Asked
    facts: Facts
    judgement: Judgement
    rule_set: int
    is_shadow: bool


def keep_assessments(*, found: Sequence[Found]) -> list[int]:
    """Keep assessments, append-only; the ids in the order of what was found.

    What says the same as the last assessment of its subject under the same rule set is that one.
    """
    if not found:
        return []
    rows = [_row(each) for each in found]
    columns: list[list[Any]] = [
        list(range(len(rows))),
        [each.asked.subject.type for each in found],
        [each.asked.subject.id for each in found],
        [each.rule_set for each in found],
        [row[-1] for row in rows],
    ]
    # Planned anew each time: a plan of when the table was small would walk through all of it.
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERED, [literal(column) for column in columns])
        numbered = cursor.fetchall()
    fresh = [
        "\t".join([str(key), *map(_field, row)]) + "\n"
        for (key, is_known), row in zip(numbered, rows, strict=True)
        if not is_known
    ]
    if fresh:
        with connection.cursor() as cursor, cursor.copy(_KEEP) as copy:
            copy.write("".join(fresh))
    return [key for key, _ in numbered]


def _row(found: Found) -> tuple[Any, ...]:
    """An assessment's columns in the order of COPY, all but its id."""
    subject, judgement = found.asked.subject, found.judgement
    facts = orjson.dumps(found.facts).decode()
    contributions = orjson.dumps(
        [
            {"signal": c.signal, "value": c.value, "x": c.x, "weight": c.weight}
            for c in judgement.contributions
        ]
    ).decode()
    hits = orjson.dumps(judgement.hits).decode()
    faults = orjson.dumps(judgement.faults).decode()
    return (
        subject.type,
        subject.id,
        subject.subscriber_id,
        subject.kind,
        subject.value_minor,
        found.asked.at,
        found.rule_set,
        found.is_shadow,
        facts,
        contributions,
        hits,
        faults,
        judgement.score_millionths,
        judgement.band,
        judgement.outcome,
        fingerprint(facts, contributions, hits, faults, judgement.outcome, found.is_shadow),
    )


def _field(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    text = str(value)
    for mark, escape in _ESCAPES:
        text = text.replace(mark, escape)
    return text
