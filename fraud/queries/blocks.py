"""What is on the block list, and what was."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from accounts.queries.identifiers import mailboxes_of
from fraud.models import BlockedIdentifier

# A block ends when it is lifted or when its term is over, whichever comes first.
_ENDED = """
    SELECT identifier_id FROM fraud_blockedidentifier
    WHERE identifier_id > %s
    GROUP BY identifier_id
    HAVING bool_and(coalesce(least(lifted_at, expires_at) < %s, false))
    ORDER BY identifier_id LIMIT %s
"""


def blocked_among(identifier_ids: Sequence[int], now: datetime) -> set[int]:
    """Which of these identifiers are on the block list now, or lead to a mailbox that is."""
    leads_to = mailboxes_of(identifier_ids)
    blocks = BlockedIdentifier.objects.filter(
        identifier__in={*identifier_ids, *leads_to.values()}, lifted_at__isnull=True
    ).exclude(expires_at__lte=now)
    blocked = set(blocks.values_list("identifier_id", flat=True))
    return {key for key in identifier_ids if key in blocked or leads_to.get(key) in blocked}


def identifiers_of_ended_blocks(*, ended_before: datetime, after: int, limit: int) -> list[int]:
    """Identifiers above `after` whose every block ended before a moment, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [after, ended_before, limit])
        return [row[0] for row in cursor.fetchall()]
