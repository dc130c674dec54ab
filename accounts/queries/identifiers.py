"""Who was seen with an identifier; values are asked for by digest, since nothing else is kept."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection

from accounts.models import Identifier

# Counting stops there: a device that a thousand lines share is shared, whatever the number.
SHARED_MAX = 1000

# An e-mail address and its mailbox are one thing to people: the mailbox stands for its addresses,
# since whoever has one of them has it too.
_SEEN = """
    SELECT i.id, CASE i.kind WHEN 'mailbox' THEN 'email' ELSE i.kind END, i.hint,
        u.first_seen_at, u.last_seen_at,
        (SELECT count(*) FROM (
            SELECT 1 FROM accounts_identifieruse o
            WHERE o.identifier_id = i.id AND o.subscriber_id <> u.subscriber_id LIMIT %s
        ) AS others)
    FROM accounts_identifieruse u JOIN accounts_identifier i ON i.id = u.identifier_id
    WHERE u.subscriber_id = %s AND NOT EXISTS (
        SELECT 1 FROM accounts_identifieruse m
        WHERE m.identifier_id = i.mailbox_id AND m.subscriber_id = u.subscriber_id
    )
    ORDER BY u.last_seen_at DESC, i.kind, i.id LIMIT %s
"""

_RECENT = """
    SELECT DISTINCT {column} FROM (
        SELECT {column} FROM accounts_subscriber ORDER BY id DESC LIMIT %s
    ) AS recent ORDER BY 1 LIMIT 100
"""
_RECENT_VALUES = {column: _RECENT.format(column=column) for column in ("plan", "region")}


class SeenWith(NamedTuple):
    """An identifier that a subscriber was seen with, and how many others were too.

    Attributes:
        kind: a mailbox is told as an e-mail address.
    """

    identifier_id: int
    kind: str
    hint: str
    first_seen_at: object
    last_seen_at: object
    others: int


def identifiers_of(*, subscriber_id: int, limit: int = 200) -> list[SeenWith]:
    """What a subscriber was seen with, last seen first; others are counted up to 1,000.

    Of e-mail addresses, the mailbox that they lead to.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [SHARED_MAX, subscriber_id, limit])
        return [SeenWith(*row) for row in cursor.fetchall()]


def identifier_with(*, kind: str, digests: Collection[bytes]) -> Identifier | None:
    """The identifier of a kind that has one of these digests, None if it was never seen."""
    return Identifier.objects.filter(kind=kind, digest__in=digests).order_by("id").first()


def mailboxes_of(identifier_ids: Collection[int]) -> dict[int, int]:
    """The mailboxes of those of these identifiers that are e-mail addresses."""
    addresses = Identifier.objects.filter(pk__in=identifier_ids, mailbox__isnull=False)
    return {key: mailbox for key, mailbox in addresses.values_list("pk", "mailbox_id") if mailbox}


def values_in_use(*, column: str, subscribers: int = 10_000) -> Sequence[str]:
    """The plans or regions of the latest subscribers: bounded work, and enough for a filter.

    Args:
        column: "plan" or "region".
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECENT_VALUES[column], [subscribers])
        return [row[0] for row in cursor.fetchall()]
