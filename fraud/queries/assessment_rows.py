"""Stored assessments as rows, in batches of bounded memory."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

COLUMNS = (
    "id",
    "subject_type",
    "subject_id",
    "subscriber_id",
    "kind",
    "value_minor",
    "assessed_at",
    "rule_set",
    "is_shadow",
    "score_millionths",
    "band",
    "outcome",
    "facts",
    "contributions",
    "hits",
    "faults",
    "verdict",
)
_JSON = {"facts", "contributions", "hits", "faults"}

_STORED = [f"a.{name}::text" if name in _JSON else f"a.{name}" for name in COLUMNS[:-1]]

_ROWS = f"""
    SELECT {", ".join(_STORED)},
        coalesce(c.verdict, '')
    FROM fraud_assessment a
    LEFT JOIN LATERAL (
        SELECT c.verdict FROM fraud_case c
        WHERE c.subject_type = a.subject_type AND c.subject_id = a.subject_id
            AND c.status = 'closed'
        ORDER BY c.decided_at DESC, c.id DESC LIMIT 1
    ) c ON true
    WHERE a.assessed_at >= %s AND a.assessed_at < %s
    ORDER BY a.assessed_at, a.id
"""  # noqa: S608 (our own names)


def assessment_batches(
    *, since: datetime, until: datetime, size: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of [since, until) in the order of their moments, `size` at a time; JSON as text."""
    # A cursor of the server's own lives within a transaction.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, [since, until])
        while rows := cursor.fetchmany(size):
            yield rows
