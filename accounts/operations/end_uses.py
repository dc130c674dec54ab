"""End uses of identifiers: with a change of number, and with the closing of a line."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from accounts.policy.uses import PASSING_KINDS
from kernel.arrays import literal

_FORMER_NUMBERS = """
    UPDATE accounts_identifieruse AS u
    SET given_up_at = v.at, given_up_said_at = v.at, ended_at = v.at
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[])
        AS v (subscriber_id, identifier_id, at)
    WHERE u.identifier_id = v.identifier_id AND u.subscriber_id = v.subscriber_id
"""

# A new activation after a closing is another life of the line: what was not seen in it stays
# ended. Two lines never have one number at once: who gave it up did so by the time when the next
# line was seen with it, whichever of the two was reported first.
_SETTLE = """
    WITH ends AS (
        SELECT u.id, u.identifier_id, u.subscriber_id, u.first_seen_at, i.kind, least(
            u.given_up_at,
            CASE WHEN i.kind = ANY(%s) THEN
                CASE WHEN s.status = 'closed' THEN s.closed_at
                    WHEN s.left_before_at >= u.last_seen_at THEN s.left_before_at END
            END
        ) AS at
        FROM unnest(%s::bigint[]) AS v (subscriber_id)
        JOIN accounts_subscriber s ON s.id = v.subscriber_id
        JOIN accounts_identifieruse u ON u.subscriber_id = s.id
        JOIN accounts_identifier i ON i.id = u.identifier_id
    ), settled AS (
        SELECT e.id, CASE WHEN e.kind = 'phone' AND e.at IS NOT NULL THEN least(e.at, (
            SELECT min(o.first_seen_at)
            FROM accounts_identifieruse o JOIN accounts_subscriber p
                ON p.id = o.subscriber_id AND p.msisdn_id = o.identifier_id
            WHERE o.identifier_id = e.identifier_id AND o.subscriber_id <> e.subscriber_id
                AND o.first_seen_at >= e.first_seen_at
        )) ELSE e.at END AS ended_at
        FROM ends e
    )
    UPDATE accounts_identifieruse AS u SET ended_at = v.ended_at FROM settled v
    WHERE u.id = v.id AND u.ended_at IS DISTINCT FROM v.ended_at
    RETURNING u.subscriber_id, u.ended_at IS NOT NULL
"""


class FormerNumber(NamedTuple):
    """A number (the id of its identifier) that a subscriber has no longer, since a report."""

    subscriber_id: int
    identifier_id: int
    at: datetime


def end_uses(*, subscriber_ids: Sequence[int], former: Collection[FormerNumber]) -> set[int]:
    """End the uses that changes of subscribers end, and let go on those that go on after all.

    Safe to repeat. The caller holds the subscribers.

    Returns:
        The subscribers of whom a use has ended.
    """
    with connection.cursor() as cursor:
        if former:
            columns = [literal(column) for column in zip(*sorted(former), strict=True)]
            cursor.execute(_FORMER_NUMBERS, columns)
        cursor.execute(_SETTLE, [list(PASSING_KINDS), literal(subscriber_ids)])
        ended = {key for key, has_ended in cursor.fetchall() if has_ended}
    return ended | {each.subscriber_id for each in former}
