"""Open cases for subjects that a person has to look at."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

import orjson
from django.db import connection

from fraud import news
from fraud.policy.cases import DEADLINES, OPEN
from kernel.arrays import literal
from kernel.money import decimal_string
from outbox.operations import publish

# Whoever is declined asks again and again: one case of theirs is enough.
# In one statement, because a page of a screening may open a thousand. Who opens a case for the
# same subject meanwhile is waited for by the unique index, and theirs is the case then.
_OPEN = """
    WITH wanted AS (
        SELECT DISTINCT ON (v.subject_type, v.subject_id) v.* FROM unnest(
            %s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[],
            %s::text[], %s::text[]
        ) AS v (place, queue, subject_type, subject_id, subscriber_id, other_id, value_minor,
            assessment_id, score_millionths, band, due_at, by, reason, found)
        WHERE NOT EXISTS (
            SELECT 1 FROM fraud_case c
            WHERE c.subject_type = v.subject_type AND c.subject_id = v.subject_id
                AND c.status <> 'closed'
        ) AND (v.queue <> 'account' OR v.subject_type <> 'redemption' OR NOT EXISTS (
            SELECT 1 FROM fraud_case c
            WHERE c.subscriber_id = v.subscriber_id AND c.queue = 'account'
                AND c.subject_type = 'redemption' AND c.status <> 'closed'
        ))
        ORDER BY v.subject_type, v.subject_id, v.place
    ), made AS (
        INSERT INTO fraud_case (
            queue, subject_type, subject_id, subscriber_id, other_id, value_minor, assessment_id,
            score_millionths, band, status, opened_at, due_at, is_escalated, has_lapsed, verdict
        )
        SELECT queue, subject_type, subject_id, subscriber_id, other_id, value_minor,
            assessment_id, score_millionths, band, %s, %s, due_at, false, false, ''
        FROM wanted ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING id, queue, subject_type, subject_id, band
    ), stepped AS (
        INSERT INTO fraud_caseevent (case_id, step, before, after, at, by, reason)
        SELECT m.id, 'open', '{}', jsonb_build_object(
            'status', %s::text, 'queue', m.queue, 'band', m.band
        ) || w.found::jsonb, %s, w.by, w.reason
        FROM made m JOIN wanted w USING (subject_type, subject_id)
        ORDER BY m.id
    )
    SELECT subject_type, subject_id, id FROM made
"""


class NewCase(NamedTuple):
    """A subject to look at, with what its screening found.

    Attributes:
        reason: why, where no assessment says so.
        by: who found it.
        found: what was measured, where no assessment keeps it; kept with the first step.
    """

    queue: str
    subject_type: str
    subject_id: str
    subscriber_id: int
    other_id: int | None
    value_minor: int
    assessment_id: int | None
    score_millionths: int
    band: str
    reason: str = ""
    by: str = "screen"
    found: Mapping[str, object] = MappingProxyType({})


def open_cases(*, cases: Sequence[NewCase], now: datetime) -> list[int]:
    """Open a case for each subject that has none open; the ids of those that were opened.

    Safe to repeat: a subject has one open case at most.
    """
    if not cases:
        return []
    due = [now + DEADLINES[new.band].after for new in cases]
    rows = [_row(place, new, due[place]) for place, new in enumerate(cases)]
    columns = [literal(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [*columns, OPEN, now, OPEN, now])
        made = {(kind, name): key for kind, name, key in cursor.fetchall()}

    opened = [
        (made.pop((new.subject_type, new.subject_id)), new, due_at)
        for new, due_at in zip(cases, due, strict=True)
        if (new.subject_type, new.subject_id) in made
    ]
    publish(name=news.CASE_OPENED, items=[_said(*each) for each in opened], now=now)
    return [key for key, _, _ in opened]


def _row(place: int, new: NewCase, due_at: datetime) -> tuple[object, ...]:
    return (
        place,
        new.queue,
        new.subject_type,
        new.subject_id,
        new.subscriber_id,
        new.other_id if new.other_id != new.subscriber_id else None,
        new.value_minor,
        new.assessment_id,
        new.score_millionths,
        new.band,
        due_at,
        new.by,
        new.reason,
        orjson.dumps(dict(new.found)).decode(),
    )


def _said(case_id: int, new: NewCase, due_at: datetime) -> dict[str, object]:
    return {
        "case_id": case_id,
        "queue": new.queue,
        "subject": {"type": new.subject_type, "id": new.subject_id},
        "band": new.band,
        "value": decimal_string(new.value_minor),
        "due_at": due_at,
    }
