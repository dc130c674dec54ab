"""Tags of what is known of a subscriber: another one whenever an answer would be another."""

from hashlib import sha256
from typing import NamedTuple

from django.db import connection

# Whole rows, so that a column that is added is in the tag. One statement sees one state.
_STATE = """
    SELECT s::text, number.hint,
        (SELECT string_agg(p::text, ' ' ORDER BY p.starts_at)
         FROM accounts_statusperiod p WHERE p.subscriber_id = s.id),
        (SELECT string_agg(concat(u::text, i.kind, i.hint), ' ' ORDER BY u.id)
         FROM accounts_identifieruse u JOIN accounts_identifier i ON i.id = u.identifier_id
         WHERE u.subscriber_id = s.id),
        (SELECT encode(v.nonce, 'hex')
         FROM accounts_personaldata v WHERE v.subscriber_id = s.id)
    FROM accounts_subscriber s LEFT JOIN accounts_identifier number ON number.id = s.msisdn_id
    WHERE s.external_id = %s
"""


class SubscriberTags(NamedTuple):
    """The tags of one state, by what is shown of it.

    Attributes:
        masked: of what everybody is shown; the vault has no part in it.
        personal: of the same with what the vault holds: a row there is sealed anew, under a new
            nonce, with each change.
    """

    masked: str
    personal: str


def tags_of(external_id: str) -> SubscriberTags | None:
    """The tags of a subscriber's current state, or None if there is no such subscriber."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [external_id])
        found = cursor.fetchone()
    if found is None:
        return None
    *seen, nonce = found
    return SubscriberTags(_tag("masked", *seen), _tag("personal", *seen, nonce))


def _tag(*parts: str | None) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:32]
