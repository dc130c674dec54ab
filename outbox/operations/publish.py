"""Announcing what happened."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from kernel.arrays import literal
from kernel.batches import pages_of

ITEMS_MAX = 500

_INSERT = """
    INSERT INTO outbox_event (name, items, announced_at)
    SELECT %s, unnest(%s::text[])::jsonb, %s
    RETURNING id
"""


def publish(
    *, name: str, items: Sequence[Mapping[str, object]], now: datetime
) -> list[int]:
    """Announce `items` in the caller's transaction: they are news exactly if the fact is.

    The courier named in settings hears the ids after the commit; a message that it loses is
    found again in the table.

    Args:
        name: in dotted past tense, from the caller's `news`.
        items: JSON values; split into rows of at most `ITEMS_MAX`.
        now: the moment of the announcement.

    Returns:
        The ids of the rows, none for no items.
    """
    if not items:
        return []
    assert connection.in_atomic_block, (
        "news without a transaction could outlive its fact"
    )
    pages = [orjson.dumps(page).decode() for page in pages_of(items, ITEMS_MAX)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [name, literal(pages), now])
        event_ids = [row[0] for row in cursor.fetchall()]
    if name in settings.NEWS_ROUTES:
        courier = import_string(settings.NEWS_COURIER)

        def carry() -> None:
            courier(name, event_ids)

        # The fact is committed by then: a courier that fails is logged, and can't undo it.
        transaction.on_commit(carry, robust=True)
    return event_ids
