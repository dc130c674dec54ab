"""What happened to subscribers, in one line of time, newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

MOMENTS_MAX = 80

# Each branch is cut before they are merged: a subscriber with ten thousand charges costs what
# their own index holds of them, and no more than `limit` rows are sorted together.
_TIMELINE = """
    SELECT * FROM (
        (SELECT c.occurred_at AS at, c.subscriber_id, 'charge' AS what, c.charge_id AS id,
            c.kind AS word, c.amount_minor
         FROM loyalty_charge c WHERE c.subscriber_id = ANY(%(who)s)
         ORDER BY c.occurred_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT f.occurred_at, f.subscriber_id, f.reason, f.refund_id, f.status, f.amount_minor
         FROM loyalty_refund f WHERE f.subscriber_id = ANY(%(who)s)
         ORDER BY f.occurred_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT r.reserved_at, r.subscriber_id, 'redemption', r.redemption_id, r.status,
            r.value_minor
         FROM loyalty_redemption r WHERE r.subscriber_id = ANY(%(who)s)
         ORDER BY r.reserved_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT p.requested_at, p.subscriber_id, 'payout', p.id::text, p.kind || ':' || p.status,
            p.value_minor
         FROM loyalty_payout p WHERE p.subscriber_id = ANY(%(who)s)
         ORDER BY p.requested_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT r.joined_at, r.inviter_id, 'invited', r.referral_id, s.external_id, NULL
         FROM referrals_referral r JOIN accounts_subscriber s ON s.id = r.invitee_id
         WHERE r.inviter_id = ANY(%(who)s)
         ORDER BY r.month DESC, r.joined_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT r.joined_at, r.invitee_id, 'joined', r.referral_id, s.external_id, NULL
         FROM referrals_referral r JOIN accounts_subscriber s ON s.id = r.inviter_id
         WHERE r.invitee_id = ANY(%(who)s)
         ORDER BY r.joined_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT u.first_seen_at, u.subscriber_id, 'seen', i.id::text,
            CASE i.kind WHEN 'mailbox' THEN 'email' ELSE i.kind END, NULL
         FROM accounts_identifieruse u JOIN accounts_identifier i ON i.id = u.identifier_id
         WHERE u.subscriber_id = ANY(%(who)s) AND NOT EXISTS (
            SELECT 1 FROM accounts_identifieruse m
            WHERE m.identifier_id = i.mailbox_id AND m.subscriber_id = u.subscriber_id
         )
         ORDER BY u.first_seen_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT p.starts_at, p.subscriber_id, 'status', '', p.status, NULL
         FROM accounts_statusperiod p WHERE p.subscriber_id = ANY(%(who)s)
         ORDER BY p.starts_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT t.set_at, t.subscriber_id, 'standing', t.set_by, t.standing, NULL
         FROM fraud_subscriberstanding t WHERE t.subscriber_id = ANY(%(who)s))
        UNION ALL
        (SELECT c.opened_at, c.subscriber_id, 'case_opened', c.id::text, c.queue, c.value_minor
         FROM fraud_case c WHERE c.subscriber_id = ANY(%(who)s)
         ORDER BY c.opened_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT c.decided_at, c.subscriber_id, 'case_closed', c.id::text, c.verdict, c.value_minor
         FROM fraud_case c WHERE c.subscriber_id = ANY(%(who)s) AND c.status = 'closed'
         ORDER BY c.decided_at DESC LIMIT %(limit)s)
    ) AS merged
    WHERE at <= %(now)s
    ORDER BY at DESC, what, id LIMIT %(limit)s
"""


class Moment(NamedTuple):
    """Something that happened to a subscriber.

    Attributes:
        what: "charge", "refund", "chargeback", "redemption", "payout", "invited", "joined",
            "seen", "status", "standing", "case_opened" or "case_closed".
        id: of what it happened to.
        word: its kind, its status, or who the other party is.
    """

    at: datetime
    subscriber_id: int
    what: str
    id: str
    word: str
    amount_minor: int | None


def timeline_of(
    *, subscriber_ids: Sequence[int], now: datetime, limit: int = MOMENTS_MAX
) -> tuple[list[Moment], bool]:
    """The latest of what happened to subscribers, and whether there was more; one statement."""
    said: dict[str, Any] = {"who": list(subscriber_ids), "now": now, "limit": limit + 1}
    with connection.cursor() as cursor:
        cursor.execute(_TIMELINE, said)
        found = [Moment(*row) for row in cursor.fetchall()]
    return found[:limit], len(found) > limit
