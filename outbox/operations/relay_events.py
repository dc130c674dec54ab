"""Handing announced events to all that hear them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from outbox.operations.relay_lock import hold_relay
from outbox.operations.write_messages import write_messages

EVENTS_PER_PAGE = 500

_CLAIM = """
    SELECT id, name FROM outbox_event WHERE relayed_at IS NULL
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_RELAYED = "UPDATE outbox_event SET relayed_at = %s WHERE id = ANY(%s)"


class Relayed(NamedTuple):
    """How many events were relayed, and how many messages of webhooks they became."""

    events: int = 0
    messages: int = 0


def relay_events(*, now: datetime, limit: int = 100_000) -> Relayed:
    """Hand what was announced to the tasks that hear it and to the webhooks, a commit per page.

    At least once: killed between the tasks and its commit, it hands the page over again. In the
    order of ids, which within one subscriber is that of commits, because verbs hold the
    subscriber's wallet while they announce. Among subscribers an id may appear after a higher
    one was relayed: what is left is found by its mark and not by a position.

    Args:
        now: the moment of relaying.
        limit: how many events at most; the rest is left to the next call.
    """
    events = messages = 0
    while events < limit:
        page = _relay_page(now, min(EVENTS_PER_PAGE, limit - events))
        if not page.events:
            break
        events, messages = events + page.events, messages + page.messages
    return Relayed(events, messages)


@transaction.atomic
def _relay_page(now: datetime, limit: int) -> Relayed:
    hold_relay()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [limit])
        events: list[tuple[int, str]] = cursor.fetchall()
    if not events:
        return Relayed()

    ids = [number for number, _ in events]
    messages = write_messages(event_ids=ids, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_RELAYED, [now, ids])

    # Last, so that nothing is handed over that could still fail here.
    _hand_over(events)
    return Relayed(len(events), messages)


def _hand_over(events: Sequence[tuple[int, str]]) -> None:
    courier = import_string(settings.NEWS_COURIER)
    by_name: dict[str, list[int]] = {}
    for number, name in events:
        if name in settings.NEWS_ROUTES:
            by_name.setdefault(name, []).append(number)
    for name, ids in by_name.items():
        courier(name, ids)
