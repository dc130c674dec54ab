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
"""


def publish(*, name: str, items: Sequence[Mapping[str, object]], now: datetime) -> None:
    """Announce `items` in the caller's transaction: they are news exactly if the fact is.

    The relay finds them in the table. After the commit it is nudged, if somebody inside hears
    the name; a nudge that is lost costs a few seconds and no news.

    Args:
        name: in dotted past tense, from the caller's `news`.
        items: JSON values; split into rows of at most `ITEMS_MAX`.
        now: the moment of the announcement.
    """
    if not items:
        return
    connection.ensure_connection()
    assert connection.in_atomic_block, "news without a transaction could outlive its fact"
    pages = pages_written(name, items)
    inserted = psycopg.RawCursor(connection.connection)
    inserted.execute(_INSERT.encode(), [name, literal(pages), now], prepare=True)
    if name in settings.NEWS_ROUTES and not _is_nudged():
        # The fact is committed by then: a nudge that fails is logged, and can't undo it.
        transaction.on_commit(_nudge, robust=True)


def pages_written(name: str, items: Sequence[Mapping[str, object]]) -> list[str]:
    """The items as rows of JSON; tests look at them here, by their name."""
    return [orjson.dumps(page).decode() for page in pages_of(items, ITEMS_MAX)]


def _is_nudged() -> bool:
    """Whether this transaction nudges already.

    A nudge within a savepoint vanishes with it, and so does all that found it there.
    """
    return any(waiting[1] is _nudge for waiting in connection.run_on_commit)


def _nudge() -> None:
    import_string(settings.NEWS_NUDGE)()
