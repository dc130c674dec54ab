"""Announcing what happened."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from kernel.arrays import literal
from kernel.batches import pages_of

ITEMS_MAX = 500

_INSERT = """
    INSERT INTO outbox_event (name, items, announced_at)
    SELECT $1, unnest($2::text[])::jsonb, $3
    RETURNING id
"""


def publish(*, name: str, items: Sequence[Mapping[str, object]], now: datetime) -> None:
    """Announce `items` in the caller's transaction: they are news exactly if the fact is.

    The courier named in settings hears the ids after the commit; a message that it loses is
    found again in the table.

    Args:
        name: in dotted past tense, from the caller's `news`.
        items: JSON values; split into rows of at most `ITEMS_MAX`.
        now: the moment of the announcement.
    """
    if not items:
        return
    connection.ensure_connection()
    assert connection.in_atomic_block, "news without a transaction could outlive its fact"
    pages = [orjson.dumps(page).decode() for page in pages_of(items, ITEMS_MAX)]
    inserted = psycopg.RawCursor(connection.connection)
    inserted.execute(_INSERT.encode(), [name, literal(pages), now], prepare=True)
    if name in settings.NEWS_ROUTES:
        courier = import_string(settings.NEWS_COURIER)

        def carry() -> None:
            # Read only now: among statements sent together the ids come with the commit.
            courier(name, [row[0] for row in inserted.fetchall()])

        # The fact is committed by then: a courier that fails is logged, and can't undo it.
        transaction.on_commit(carry, robust=True)
