"""Accounts that are fresh and have something to gain, among whom look-alikes are sought."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from fraud.models import Case
from fraud.policy.anomalies import LEFT_ALONE
from fraud.policy.cases import ANOMALY

FRESH_FOR = timedelta(days=60)
FRESH_MAX = 5_000

# Who never joined by an invitation, invited or redeemed has taken nothing that a ring is after;
# who was never charged has done nothing yet that could be alike.
_FRESH = """
    SELECT s.id, s.external_id, s.activated_at FROM accounts_subscriber s
    WHERE s.activated_at > %(since)s AND s.activated_at <= %(at)s
        AND (s.closed_at IS NULL OR s.closed_at > %(at)s)
        AND EXISTS (SELECT 1 FROM loyalty_charge c
            WHERE c.subscriber_id = s.id AND c.posted_at <= %(at)s)
        AND (
            EXISTS (SELECT 1 FROM referrals_referral r WHERE r.invitee_id = s.id
                AND r.joined_at <= %(at)s AND r.status <> 'refused')
            OR EXISTS (SELECT 1 FROM referrals_referral r WHERE r.inviter_id = s.id
                AND r.joined_at <= %(at)s AND r.status <> 'refused')
            OR EXISTS (SELECT 1 FROM loyalty_redemption r WHERE r.subscriber_id = s.id
                AND r.reserved_at <= %(at)s)
        )
    ORDER BY s.activated_at DESC, s.id LIMIT %(limit)s
"""


class Fresh(NamedTuple):
    """An account that was activated lately."""

    subscriber_id: int
    external_id: str
    activated_at: datetime

    @property
    def came(self) -> tuple[datetime, int]:
        """What puts accounts in the order in which they came."""
        return self.activated_at, self.subscriber_id


def fresh_accounts(*, at: datetime) -> list[Fresh]:
    """The latest accounts of the two months before a moment that took or could take a benefit."""
    asked: dict[str, Any] = {"since": at - FRESH_FOR, "at": at, "limit": FRESH_MAX}
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, asked)
        return [Fresh(*row) for row in cursor.fetchall()]


def seen_in_anomaly_cases(subscriber_ids: Sequence[int], *, at: datetime) -> set[int]:
    """Those whose unusual activity somebody has been asked to look at lately."""
    cases = Case.objects.filter(
        queue=ANOMALY, subscriber__in=subscriber_ids, opened_at__gt=at - LEFT_ALONE
    )
    return set(cases.values_list("subscriber_id", flat=True))
