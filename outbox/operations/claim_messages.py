"""Claiming what is due: the head of each lane, and what follows it."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction

from outbox.models import Endpoint
from outbox.operations.posting import SECONDS_MAX
from outbox.policy.endpoints import ENABLED
from outbox.policy.lanes import LANES
from outbox.policy.places import UNWELL_PLACES, is_unwell, places_for_unwell
from outbox.policy.sealing import opened

# How many messages of a lane are sent one after another before it is written down what came of
# them; a killed sender repeats these at most.
CHAIN_MAX = 20
# No further message of a lane is begun after so long, and each takes SECONDS_MAX at most. The
# lease outlasts both, so that nobody else sends what is still on its way.
CHAIN_SECONDS = 15.0
LEASE = timedelta(seconds=CHAIN_SECONDS + 3 * SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it is sent (its items as JSON), and how many attempts were made before."""

    number: int
    name: str
    announced_at: datetime
    items: str
    event_id: int | None
    replay_id: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Messages of one lane of an endpoint, the head first; ours until the lease ends.

    Attributes:
        secrets: that sign; none if they can't be opened.
        claimed: by the monotonic clock.
    """

    endpoint_id: int
    url: str
    secrets: list[str]
    messages: list[Outgoing]
    claimed: float = field(default_factory=time.monotonic)


# A head is the first pending message of its lane that isn't being cancelled. It is claimed if it
# is due and nobody has it. Those that follow need no claim: nobody sends them while their head is
# pending. What is due longest goes first.
_CLAIM = """
    WITH heads AS (
        SELECT head.*, row_number() OVER (
            PARTITION BY endpoint.id ORDER BY head.next_attempt_at, head.id
        ) AS place, endpoint.places
        FROM unnest(%(endpoints)s::bigint[], %(places)s::int[], %(after)s::bigint[])
            AS endpoint(id, places, after)
        CROSS JOIN generate_series(0, %(lanes)s - 1) AS lane(number)
        CROSS JOIN LATERAL (
            SELECT id, next_attempt_at, claimed_until FROM outbox_message
            WHERE endpoint_id = endpoint.id AND lane = lane.number AND status = 'pending'
                AND id > endpoint.after
            ORDER BY id LIMIT 1
        ) head
        WHERE head.next_attempt_at <= %(now)s
            AND (head.claimed_until IS NULL OR head.claimed_until <= %(now)s)
    ), free AS (
        SELECT message.id FROM outbox_message message JOIN heads USING (id)
        WHERE heads.place <= heads.places
            -- Asked again of the row once it is locked: another sender may have been here.
            AND message.status = 'pending' AND message.next_attempt_at <= %(now)s
            AND (message.claimed_until IS NULL OR message.claimed_until <= %(now)s)
        ORDER BY heads.next_attempt_at, heads.id
        LIMIT %(limit)s
        FOR NO KEY UPDATE OF message SKIP LOCKED
    )
    UPDATE outbox_message message SET claimed_until = %(until)s FROM free
    WHERE message.id = free.id RETURNING message.endpoint_id, message.lane, message.id
"""

_CHAINS = """
    SELECT head.endpoint_id, head.id, message.id, message.name, message.announced_at,
        message.items::text, message.event_id, replay.replay_id, message.attempts_made,
        message.next_attempt_at
    FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[]) AS head(endpoint_id, lane, id)
    CROSS JOIN LATERAL (
        SELECT * FROM outbox_message
        WHERE endpoint_id = head.endpoint_id AND lane = head.lane AND status = 'pending'
            AND id >= head.id
        ORDER BY id LIMIT %s
    ) message
    LEFT JOIN outbox_replay replay ON replay.id = message.replay_id
    ORDER BY head.id, message.id
"""


def claim_chains(
    *, busy: Mapping[int, int], hanging: Collection[int], now: datetime
) -> list[Chain]:
    """Claim lanes with something due, as many as there are threads for.

    Unwell endpoints have threads of their own, few: what hangs there delays nobody else.

    Args:
        busy: how many threads are on their way to each endpoint.
        hanging: the endpoints that haven't answered somebody for long.
        now: what is due by then.
    """
    endpoints = {each.pk: each for each in Endpoint.objects.filter(status=ENABLED).order_by("pk")}
    unwell = {
        key
        for key, each in endpoints.items()
        if key in hanging or is_unwell(failing_since=each.failing_since, pace=each.pace)
    }
    most, per_endpoint = settings.WEBHOOKS_THREADS, settings.WEBHOOKS_THREADS_PER_ENDPOINT
    busy_unwell = sum(count for key, count in busy.items() if key in unwell)
    well = [each for key, each in endpoints.items() if key not in unwell]
    rows = _claimed(
        _with_places(well, busy, per_endpoint), most - sum(busy.values()) + busy_unwell, now
    )
    rows += _claimed(
        _with_places(
            [endpoints[key] for key in sorted(unwell)], busy, min(per_endpoint, UNWELL_PLACES)
        ),
        places_for_unwell(most) - busy_unwell,
        now,
    )
    return [
        Chain(
            endpoint_id=key,
            url=endpoints[key].url,
            secrets=secrets_in_force(endpoints[key], now),
            messages=messages,
        )
        for key, messages in _grouped(rows, now)
    ]


def secrets_in_force(endpoint: Endpoint, now: datetime) -> list[str]:
    """The secrets that sign at a moment: the present one, and the one before during a rotation.

    None if the keys that sealed them are gone: then nothing can be sent, and it is said so.
    """
    kept = [endpoint.secret]
    if endpoint.previous_until is not None and endpoint.previous_until > now:
        assert endpoint.previous_secret is not None, "a moment without a secret"
        kept.append(endpoint.previous_secret)
    try:
        return [opened(bytes(each), settings.SECRETS_KEYS) for each in kept]
    except InvalidToken:
        return []


def _with_places(
    endpoints: Iterable[Endpoint], busy: Mapping[int, int], most: int
) -> list[tuple[int, int, int]]:
    """Endpoints with threads left: how many, and after which message they begin."""
    return [
        (each.pk, most - busy.get(each.pk, 0), each.cancel_until)
        for each in endpoints
        if busy.get(each.pk, 0) < most
    ]


@transaction.atomic
def _claimed(
    places: Sequence[tuple[int, int, int]], free: int, now: datetime
) -> list[tuple[Any, ...]]:
    """Messages of the lanes that were claimed.

    Args:
        places: endpoints, how many lanes may be claimed of each, and the message after which.
        free: how many in all.
    """
    if not places or free <= 0:
        return []
    keys, numbers, after = (list(column) for column in zip(*places, strict=True))
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "endpoints": keys,
            "places": numbers,
            "after": after,
            "lanes": LANES,
            "limit": free,
            "now": now,
            "until": now + LEASE,
        }
        cursor.execute(_CLAIM, values)
        heads = cursor.fetchall()
        if not heads:
            return []
        cursor.execute(_CHAINS, [*(list(column) for column in zip(*heads, strict=True)), CHAIN_MAX])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _grouped(
    rows: Iterable[tuple[Any, ...]], now: datetime
) -> Iterable[tuple[int, list[Outgoing]]]:
    """The rows of each head, up to the first that waits for a moment to come."""
    lanes: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    for endpoint_id, head, *row in rows:
        lanes.setdefault((endpoint_id, head), []).append(tuple(row))
    for (endpoint_id, _), messages in lanes.items():
        due = takewhile(lambda row: row[-1] <= now, messages)
        yield endpoint_id, [Outgoing(*row[:-1]) for row in due]
