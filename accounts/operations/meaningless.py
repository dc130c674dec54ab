"""Identifiers that mean nothing: they are as good as absent, in uses of before too."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from accounts import news
from accounts.models import Identifier
from outbox.operations import publish

# Their marks are looked at again at once; those of others with the next hour.
ANNOUNCED_MAX = 1000

_USERS = """
    SELECT s.external_id FROM (
        SELECT DISTINCT u.subscriber_id
        FROM unnest(%s::bigint[]) AS v (identifier_id)
        CROSS JOIN LATERAL (
            SELECT u.subscriber_id FROM accounts_identifieruse u
            WHERE u.identifier_id = v.identifier_id
            ORDER BY u.first_seen_at DESC LIMIT %s
        ) u
        LIMIT %s
    ) u JOIN accounts_subscriber s ON s.id = u.subscriber_id
    ORDER BY s.id
"""


def take_meaning(*, identifier_ids: Collection[int], now: datetime) -> int:
    """Let identifiers say nothing of anybody; safe to repeat. How many said something before."""
    wanted = Identifier.objects.filter(pk__in=identifier_ids, is_meaningless=False)
    fresh = sorted(wanted.values_list("pk", flat=True))
    Identifier.objects.filter(pk__in=fresh).update(is_meaningless=True)
    with connection.cursor() as cursor:
        cursor.execute(_USERS, [fresh, ANNOUNCED_MAX, ANNOUNCED_MAX])
        names = [row[0] for row in cursor.fetchall()]
    items = [{"subscriber_id": name} for name in names]
    publish(name=news.IDENTIFIERS_ENDED, items=items, now=now)
    return len(fresh)


def give_meaning(*, identifier_ids: Collection[int]) -> int:
    """Let identifiers say something again; safe to repeat. How many said nothing before."""
    meaningless = Identifier.objects.filter(pk__in=identifier_ids, is_meaningless=True)
    return meaningless.update(is_meaningless=False)
