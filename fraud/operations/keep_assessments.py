"""Keep what screenings found, whole and once."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from django.db import connection

from fraud.policy.facts import Facts
from fraud.policy.scoring import Judgement
from fraud.queries.asked import Asked
from kernel.arrays import literal
from kernel.fingerprints import fingerprint

# A subject that waits is screened every few minutes: what is found again is not written again.
_KEEP = """
    WITH found AS MATERIALIZED (
        SELECT v.* FROM unnest(
            %s::int[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[],
            %s::timestamptz[], %s::smallint[], %s::boolean[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bytea[]
        ) AS v (place, subject_type, subject_id, subscriber_id, kind, value_minor, assessed_at,
            rule_set, is_shadow, facts, contributions, hits, faults, score_millionths, band,
            outcome, meaning)
    ), known AS MATERIALIZED (
        SELECT f.place, last.id FROM found f
        CROSS JOIN LATERAL (
            SELECT a.id, a.meaning FROM fraud_assessment a
            WHERE a.subject_type = f.subject_type AND a.subject_id = f.subject_id
                AND a.rule_set = f.rule_set
            ORDER BY a.id DESC LIMIT 1
        ) last
        WHERE last.meaning = f.meaning
    ), numbered AS MATERIALIZED (
        SELECT f.*, coalesce(
            k.id, nextval(pg_get_serial_sequence('fraud_assessment', 'id'))
        ) AS id, k.id IS NOT NULL AS is_known
        FROM found f LEFT JOIN known k USING (place)
        ORDER BY f.place
    ), kept AS (
        INSERT INTO fraud_assessment (
            id, subject_type, subject_id, subscriber_id, kind, value_minor, assessed_at, rule_set,
            is_shadow, facts, contributions, hits, faults, score_millionths, band, outcome, meaning
        )
        SELECT id, subject_type, subject_id, subscriber_id, kind, value_minor, assessed_at,
            rule_set, is_shadow, facts::jsonb, contributions::jsonb, hits::jsonb, faults::jsonb,
            score_millionths, band, outcome, meaning
        FROM numbered WHERE NOT is_known
    )
    SELECT id FROM numbered ORDER BY place
"""


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
    rows = [_row(place, each) for place, each in enumerate(found)]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [literal(column) for column in zip(*rows, strict=True)])
        return [row[0] for row in cursor.fetchall()]


def _row(place: int, found: Found) -> tuple[object, ...]:
    subject, judgement = found.asked.subject, found.judgement
    facts = orjson.dumps(found.facts.content()).decode()
    contributions = orjson.dumps(
        [
            {"signal": c.signal, "value": c.value, "x": c.x, "weight": c.weight}
            for c in judgement.contributions
        ]
    ).decode()
    hits = orjson.dumps(
        [{"rule": h.rule, "action": h.action, "detail": h.detail} for h in judgement.hits]
    ).decode()
    faults = orjson.dumps([{"where": f.where, "error": f.error} for f in judgement.faults]).decode()
    return (
        place,
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
