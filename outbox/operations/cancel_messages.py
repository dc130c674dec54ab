"""Cancelling what disabled and removed endpoints were to be sent, a page at a time."""

from datetime import datetime

from django.db import connection, transaction

from outbox.models import Endpoint

ROWS_PER_PAGE = 5000
# Of one call; the sender, which makes it, has others to serve. A stroke of the clock goes on.
PAGES_MAX = 20

# What was cancelled a moment ago still stands in the index: each page begins behind the last.
_PAGE = """
    WITH page AS (
        SELECT id FROM outbox_message
        WHERE endpoint_id = %s AND status = 'pending' AND id > %s AND id <= %s
        ORDER BY id LIMIT %s
    ), cancelled AS (
        UPDATE outbox_message message
        SET status = 'cancelled', ended_at = %s, claimed_until = NULL
        FROM page WHERE message.id = page.id
    )
    SELECT count(*), max(id) FROM page
"""


def cancel_messages(*, now: datetime) -> int:
    """Cancel what was pending when an endpoint was disabled, enabled anew or removed.

    Nobody sends these messages meanwhile (`Endpoint.cancel_until`). A commit per page, and
    `PAGES_MAX` pages at most; safe to repeat and to kill.

    Returns:
        How many were cancelled.
    """
    cancelled = 0
    last: dict[int, int] = {}
    for _ in range(PAGES_MAX):
        endpoint = Endpoint.objects.filter(cancel_until__gt=0).order_by("pk").first()
        if endpoint is None:
            break
        count, last[endpoint.pk] = _cancel_page(endpoint.pk, last.get(endpoint.pk, 0), now)
        cancelled += count
    return cancelled


@transaction.atomic
def _cancel_page(key: int, after: int, now: datetime) -> tuple[int, int]:
    """How many messages after a number were cancelled, and the last of them."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=key)
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, (key, after, endpoint.cancel_until, ROWS_PER_PAGE, now))
        count, last = cursor.fetchone()
    if count < ROWS_PER_PAGE:
        endpoint.cancel_until = 0
        endpoint.save(update_fields=["cancel_until"])
    return count, last or after
