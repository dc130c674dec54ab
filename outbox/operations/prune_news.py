"""Clearing away what was relayed and delivered long ago."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

ROWS_PER_PAGE = 2000

# The oldest rows are at the front, where a page of them is cheap to find. Some of them stay (the
# dead, the unrelayed); the first page without any row from before the moment ends the work.
_EVENTS = """
    WITH oldest AS (SELECT id, relayed_at FROM outbox_event WHERE id > %s ORDER BY id LIMIT %s),
    pruned AS (
        DELETE FROM outbox_event event USING oldest
        WHERE event.id = oldest.id AND oldest.relayed_at < %s
        RETURNING event.id
    )
    SELECT count(*), (SELECT max(id) FROM oldest WHERE relayed_at < %s) FROM pruned
"""
_MESSAGES = """
    WITH oldest AS (
        SELECT id, status, ended_at, written_at FROM outbox_message WHERE id > %s
        ORDER BY id LIMIT %s
    ),
    gone AS (
        SELECT id FROM oldest
        WHERE status IN ('delivered', 'cancelled') AND ended_at < %s
    ),
    attempts AS (DELETE FROM outbox_attempt WHERE message_id IN (SELECT id FROM gone)),
    pruned AS (DELETE FROM outbox_message WHERE id IN (SELECT id FROM gone) RETURNING id)
    SELECT count(*), (SELECT max(id) FROM oldest WHERE written_at < %s) FROM pruned
"""


class Pruned(NamedTuple):
    """How many events and messages were cleared away."""

    events: int
    messages: int


def prune_news(*, now: datetime, kept: timedelta) -> Pruned:
    """Delete events that were relayed, and messages that were delivered, longer ago than `kept`.

    Dead messages stay until somebody deals with them. A commit per page; safe to repeat and to
    kill.
    """
    before = now - kept
    return Pruned(_prune(_EVENTS, before), _prune(_MESSAGES, before))


def _prune(statement: str, before: datetime) -> int:
    pruned, after = 0, 0
    while True:
        count, last = _page(statement, after, before)
        if last is None:
            return pruned
        pruned, after = pruned + count, last


@transaction.atomic
def _page(statement: str, after: int, before: datetime) -> tuple[int, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [after, ROWS_PER_PAGE, before, before])
        found: tuple[int, int | None] = cursor.fetchone()
    return found
