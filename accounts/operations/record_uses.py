"""Remember which subscriber was seen with which identifier."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.policy.identifiers import IdentifierDigest

_IDENTIFIERS = """
    INSERT INTO accounts_identifier (kind, digest, key_id, hint, country, region)
    SELECT DISTINCT ON (kind, digest) kind, digest, key_id, hint, country, region
    FROM unnest(%s::text[], %s::bytea[], %s::smallint[], %s::text[], %s::text[], %s::text[])
        AS v (kind, digest, key_id, hint, country, region)
    ORDER BY kind, digest
    ON CONFLICT (kind, digest) DO NOTHING
"""

# The latest report decides, whatever the order in which reports arrive: one that names the
# identifier after it was said to be given up makes the use go on.
_USES = """
    INSERT INTO accounts_identifieruse AS u (
        identifier_id, subscriber_id, first_seen_at, last_seen_at, given_up_at, given_up_said_at,
        ended_at
    )
    SELECT v.identifier_id, v.subscriber_id, v.first_at, v.last_at,
        CASE WHEN v.said_at >= v.last_at THEN v.until END,
        CASE WHEN v.said_at >= v.last_at THEN v.said_at END,
        CASE WHEN v.said_at >= v.last_at THEN v.until END
    FROM (
        SELECT i.id AS identifier_id, v.subscriber_id, min(v.seen_at) AS first_at,
            max(v.seen_at) AS last_at, max(v.said_at) AS said_at,
            (array_agg(v.until ORDER BY v.said_at DESC, v.until DESC)
                FILTER (WHERE v.until IS NOT NULL))[1] AS until
        FROM unnest(
            %s::bigint[], %s::text[], %s::bytea[], %s::timestamptz[], %s::timestamptz[],
            %s::timestamptz[]
        ) AS v (subscriber_id, kind, digest, seen_at, until, said_at)
        JOIN accounts_identifier i ON i.kind = v.kind AND i.digest = v.digest
        GROUP BY i.id, v.subscriber_id
    ) v
    ORDER BY v.identifier_id, v.subscriber_id
    ON CONFLICT (identifier_id, subscriber_id) DO UPDATE SET
        first_seen_at = least(u.first_seen_at, excluded.first_seen_at),
        last_seen_at = greatest(u.last_seen_at, excluded.last_seen_at),
        (given_up_at, given_up_said_at, ended_at) = (
            SELECT CASE WHEN e.stands THEN e.given_up_at END,
                CASE WHEN e.stands THEN e.said_at END,
                CASE WHEN e.stands THEN e.given_up_at
                    WHEN greatest(u.last_seen_at, excluded.last_seen_at) <= u.ended_at
                        AND u.given_up_at IS NULL THEN u.ended_at
                END
            FROM (
                SELECT e.*, e.said_at >= greatest(u.last_seen_at, excluded.last_seen_at) AS stands
                FROM (VALUES
                    (u.given_up_at, u.given_up_said_at),
                    (excluded.given_up_at, excluded.given_up_said_at)
                ) AS e (given_up_at, said_at)
                ORDER BY e.said_at DESC NULLS LAST, e.given_up_at DESC LIMIT 1
            ) e
        )
    WHERE excluded.last_seen_at > u.last_seen_at OR excluded.first_seen_at < u.first_seen_at
        OR excluded.given_up_said_at IS NOT NULL
"""

_IDS = """
    SELECT i.kind, i.digest, i.id
    FROM unnest(%s::text[], %s::bytea[]) AS v (kind, digest)
    JOIN accounts_identifier i ON i.kind = v.kind AND i.digest = v.digest
"""

# An address that was known before its mailbox gets it now, and whoever was seen with the one was
# seen with the other.
_MAILBOXES = """
    WITH alone AS (
        SELECT e.id, m.id AS mailbox_id
        FROM unnest(%s::bytea[], %s::bytea[]) AS v (address, mailbox)
        JOIN accounts_identifier e ON e.kind = 'email' AND e.digest = v.address
        JOIN accounts_identifier m ON m.kind = 'mailbox' AND m.digest = v.mailbox
        WHERE e.mailbox_id IS NULL
        ORDER BY e.id FOR NO KEY UPDATE OF e
    ), led AS (
        UPDATE accounts_identifier AS e SET mailbox_id = alone.mailbox_id
        FROM alone WHERE e.id = alone.id
        RETURNING e.id AS address_id, e.mailbox_id
    )
    INSERT INTO accounts_identifieruse AS u (
        identifier_id, subscriber_id, first_seen_at, last_seen_at
    )
    SELECT led.mailbox_id, a.subscriber_id, min(a.first_seen_at), max(a.last_seen_at)
    FROM led JOIN accounts_identifieruse a ON a.identifier_id = led.address_id
    GROUP BY led.mailbox_id, a.subscriber_id
    ORDER BY led.mailbox_id, a.subscriber_id
    ON CONFLICT (identifier_id, subscriber_id) DO UPDATE SET
        first_seen_at = least(u.first_seen_at, excluded.first_seen_at),
        last_seen_at = greatest(u.last_seen_at, excluded.last_seen_at)
"""


class IdentifierSeen(NamedTuple):
    """That a subscriber was seen with an identifier, or has given it up, by a report.

    Attributes:
        seen_at: the moment of the report.
        until: when it was given up; None if the subscriber has it.
    """

    subscriber_id: int
    identifier: IdentifierDigest
    seen_at: datetime
    until: datetime | None = None


def know_identifiers(*, identifiers: Sequence[IdentifierDigest]) -> dict[tuple[str, bytes], int]:
    """Keep identifiers that nobody needs to have been seen with; safe to repeat.

    Returns:
        Their ids, by kind and digest.
    """
    if not identifiers:
        return {}
    identifiers = _with_mailboxes(identifiers)
    kinds = [identifier.kind for identifier in identifiers]
    digests = [identifier.digest for identifier in identifiers]
    with connection.cursor() as cursor:
        _know(cursor, identifiers)
        cursor.execute(_IDS, [kinds, digests])
        return {(kind, bytes(digest)): key for kind, digest, key in cursor.fetchall()}


def record_uses(*, seen: Sequence[IdentifierSeen]) -> dict[tuple[str, bytes], int]:
    """Keep identifiers and their uses: first seen, last seen, given up; safe to repeat.

    Of reports about one identifier of one subscriber the latest one decides, in whichever order
    they come. Who gave an identifier up had it until then, whether or not it was ever seen.

    Returns:
        The ids of the identifiers, by kind and digest.
    """
    if not seen:
        return {}
    seen = [
        use._replace(identifier=identifier)
        for use in seen
        for identifier in _with_mailboxes([use.identifier])
    ]
    kinds = [use.identifier.kind for use in seen]
    digests = [use.identifier.digest for use in seen]
    with connection.cursor() as cursor:
        _know(cursor, [use.identifier for use in seen])
        cursor.execute(
            _USES,
            [
                [use.subscriber_id for use in seen],
                kinds,
                digests,
                [min(use.until or use.seen_at, use.seen_at) for use in seen],
                [use.until for use in seen],
                [None if use.until is None else use.seen_at for use in seen],
            ],
        )
        cursor.execute(_IDS, [kinds, digests])
        return {(kind, bytes(digest)): key for kind, digest, key in cursor.fetchall()}


def _with_mailboxes(identifiers: Iterable[IdentifierDigest]) -> list[IdentifierDigest]:
    return [
        each
        for identifier in identifiers
        for each in (identifier, identifier.mailbox)
        if each is not None
    ]


def _know(cursor: CursorWrapper, identifiers: Sequence[IdentifierDigest]) -> None:
    places = [identifier.place for identifier in identifiers]
    cursor.execute(
        _IDENTIFIERS,
        [
            [identifier.kind for identifier in identifiers],
            [identifier.digest for identifier in identifiers],
            [identifier.key_id for identifier in identifiers],
            [identifier.hint for identifier in identifiers],
            [place.country if place is not None else "" for place in places],
            [place.region if place is not None else "" for place in places],
        ],
    )
    led = [(each.digest, each.mailbox.digest) for each in identifiers if each.mailbox is not None]
    if led:
        cursor.execute(_MAILBOXES, [list(column) for column in zip(*led, strict=True)])
