"""How long the queues of cases are, and how old: for whoever watches."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from fraud.policy.cases import QUEUES

_QUEUES = """
    SELECT queue, count(*), count(*) FILTER (WHERE due_at <= %s), min(opened_at),
        coalesce(sum(value_minor), 0)::bigint
    FROM fraud_case WHERE status <> 'closed' GROUP BY queue
"""


class QueueBacklog(NamedTuple):
    """The cases of a queue that are not closed."""

    cases: int
    overdue: int
    oldest_at: datetime | None
    value_minor: int


def queue_backlogs(*, now: datetime) -> dict[str, QueueBacklog]:
    """What waits in each queue."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES, [now])
        found = {queue: QueueBacklog(*said) for queue, *said in cursor.fetchall()}
    return dict.fromkeys(QUEUES, QueueBacklog(0, 0, None, 0)) | found
