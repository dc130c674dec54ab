"""Forget identifiers that nobody is seen with any more."""

from collections.abc import Collection

from django.db import connection

from accounts.models import Identifier

_LOCK = """
    SELECT id FROM accounts_identifier WHERE id = ANY(%s::bigint[])
    ORDER BY id FOR UPDATE SKIP LOCKED
"""
# In a statement of its own: whoever used one before the lock is seen now, and nobody can since.
_UNUSED = """
    SELECT i.id FROM accounts_identifier i
    WHERE i.id = ANY(%s::bigint[]) AND NOT i.is_meaningless
        AND NOT EXISTS (SELECT FROM accounts_identifieruse u WHERE u.identifier_id = i.id)
        AND NOT EXISTS (SELECT FROM accounts_subscriber s WHERE s.msisdn_id = i.id)
    ORDER BY i.id
"""


def hold_unused_identifiers(*, identifier_ids: Collection[int]) -> list[int]:
    """Those of these identifiers that belong to nobody, kept so until the transaction ends.

    One that somebody else is at work with is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(identifier_ids)])
        held = [row[0] for row in cursor.fetchall()]
        cursor.execute(_UNUSED, [held])
        return [row[0] for row in cursor.fetchall()]


def forget_identifiers(*, identifier_ids: Collection[int]) -> int:
    """Delete digests and hints of identifiers that the caller holds; how many."""
    gone, _ = Identifier.objects.filter(pk__in=identifier_ids).delete()
    return gone
