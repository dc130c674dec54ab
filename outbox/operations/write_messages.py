"""Messages of events: one for each endpoint that hears the name, and each lane of its items."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from outbox.policy.lanes import LANES

# An item's lane is a hash of its subscriber that no version of the database will change; items
# of nobody in particular share the first lane, and so keep their order among themselves. Numbers
# are given in the order of the SELECT, which makes a lane's heads the earliest events.
_WRITE = """
    INSERT INTO outbox_message (
        endpoint_id, event_id, replay_id, name, lane, items, announced_at, written_at, status,
        attempts_made, next_attempt_at, last_error
    )
    SELECT endpoint.id, event.id, %(replay)s::bigint, event.name, lane.number,
        jsonb_agg(item.value ORDER BY item.place), event.announced_at, %(now)s, 'pending',
        0, %(now)s, ''
    FROM outbox_event event
    JOIN outbox_endpoint endpoint ON endpoint.status = 'enabled'
        AND (endpoint.names = '{}' OR event.name = ANY(endpoint.names))
    CROSS JOIN LATERAL jsonb_array_elements(event.items) WITH ORDINALITY AS item(value, place)
    CROSS JOIN LATERAL (
        SELECT coalesce(
            ('x' || left(md5(item.value ->> 'subscriber_id'), 7))::bit(28)::int %% %(lanes)s, 0
        )
    ) AS lane(number)
    WHERE event.id = ANY(%(events)s) AND event.name <> ALL(%(inside)s)
        AND (%(endpoint)s::bigint IS NULL OR endpoint.id = %(endpoint)s)
    GROUP BY endpoint.id, event.id, lane.number
    ORDER BY event.id, endpoint.id, lane.number
"""


def write_messages(
    *,
    event_ids: Sequence[int],
    now: datetime,
    endpoint_id: int | None = None,
    replay_id: int | None = None,
) -> int:
    """Write the messages of events, in the caller's transaction, which holds the relay.

    Args:
        event_ids: in any order; messages are numbered in theirs.
        now: the first attempt is due then.
        endpoint_id: for this one only; by default for all that hear the names.
        replay_id: the number of the replay that they belong to.

    Returns:
        How many were written.
    """
    values: dict[str, Any] = {
        "events": list(event_ids),
        "now": now,
        "endpoint": endpoint_id,
        "replay": replay_id,
        "lanes": LANES,
        "inside": list(settings.NEWS_INSIDE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        written: int = cursor.rowcount
    return written
