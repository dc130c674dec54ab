"""Cancelling what disabled and removed endpoints were to be sent, a page at a time."""

from datetime import datetime

from django.db import connection, transaction

from outbox.models import Endpoint

ROWS_PER_PAGE = 5000
# Of one call; the sender, which makes it, has others to serve. A stroke of the clock goes on.
PAGES_MAX = 40

_PAGE = """
    UPDATE outbox_message SET status = 'cancelled', ended_at = %s, claimed_until = NULL
    WHERE id IN (
        SELECT id FROM outbox_message
        WHERE endpoint_id = %s AND status = 'pending' AND id <= %s LIMIT %s
    )
"""


def cancel_messages(*, now: datetime) -> int:
    """Cancel what was pending when an endpoint was disabled, enabled anew or removed.

    Nobody sends these messages meanwhile (`Endpoint.cancel_until`). A commit per page, and
    `PAGES_MAX` pages at most; safe to repeat and to kill.

    Returns:
        How many were cancelled.
    """
    cancelled = 0
    for _ in range(PAGES_MAX):
        endpoint = Endpoint.objects.filter(cancel_until__gt=0).order_by("pk").first()
        if endpoint is None:
            break
        cancelled += _cancel_page(endpoint.pk, now)
    return cancelled


@transaction.atomic
def _cancel_page(key: int, now: datetime) -> int:
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=key)
    if not endpoint.cancel_until:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, [now, key, endpoint.cancel_until, ROWS_PER_PAGE])
        count: int = cursor.rowcount
    if count < ROWS_PER_PAGE:
        endpoint.cancel_until = 0
        endpoint.save(update_fields=["cancel_until"])
    return count
