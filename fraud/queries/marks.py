"""Marks, refusals and cases that may stand on identifiers which are somebody else's no more."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import Subscriber
from accounts.news import IDENTIFIERS_ENDED
from fraud.models import Case, SubscriberStanding
from fraud.policy.cases import ACCOUNT, GATE, OPEN, SNOOZED
from fraud.policy.standings import WATCHED
from fraud.queries.asked import REGISTRATION
from loyalty.models import Redemption
from loyalty.policy.gate import SCREEN
from outbox.models import Event
from referrals.models import Referral
from referrals.policy.gates import REFUSED
from referrals.policy.joining import REFUSED_BY_SCREEN

SHARERS_MAX = 1000
_REJOINED_WITHIN = timedelta(days=365)

# Whoever was seen with an identifier of which these subscribers have given up one, and they
# themselves. The fence keeps each lookup at one identifier.
_AROUND = """
    SELECT v.subscriber_id FROM unnest(%s::bigint[]) AS v (subscriber_id)
    UNION
    SELECT o.subscriber_id
    FROM unnest(%s::bigint[]) AS v (subscriber_id)
    CROSS JOIN LATERAL (
        SELECT u.identifier_id FROM accounts_identifieruse u
        WHERE u.subscriber_id = v.subscriber_id AND u.ended_at IS NOT NULL
        ORDER BY u.ended_at DESC LIMIT 50 OFFSET 0
    ) u
    CROSS JOIN LATERAL (
        SELECT o.subscriber_id FROM accounts_identifieruse o
        WHERE o.identifier_id = u.identifier_id
        ORDER BY o.first_seen_at DESC LIMIT %s
    ) o
"""


def names_of_ended(event_ids: Sequence[int]) -> list[str]:
    """The external ids of subscribers of whom uses have ended, as these events name them."""
    announced = Event.objects.filter(id__in=event_ids, name=IDENTIFIERS_ENDED).order_by("id")
    return [item["subscriber_id"] for event in announced for item in event.items]


def around_ended_uses(*, names: Collection[str]) -> set[int]:
    """Subscribers with these names, and those who were seen with what they gave up."""
    ids = list(Subscriber.objects.filter(external_id__in=names).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [ids, ids, SHARERS_MAX])
        return {row[0] for row in cursor.fetchall()}


def watched_by_screen(
    *, after: int, limit: int, among: Collection[int] | None
) -> list[SubscriberStanding]:
    """Marks of the screen above a subscriber's key, locked; what persons set is left out."""
    standings = SubscriberStanding.objects.filter(
        standing=WATCHED, set_by=SCREEN, subscriber__gt=after
    )
    if among is not None:
        standings = standings.filter(subscriber__in=among)
    return list(
        standings.select_related("subscriber")
        .order_by("subscriber")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit]
    )


def refused_joins(
    *, after: int, limit: int, among: Collection[int] | None, now: datetime
) -> list[Referral]:
    """Referrals above a key that the screen refused within a year before."""
    referrals = Referral.objects.filter(
        status=REFUSED,
        reason=REFUSED_BY_SCREEN,
        decided_at__gt=now - _REJOINED_WITHIN,
        pk__gt=after,
    )
    if among is not None:
        referrals = referrals.filter(Q(invitee__in=among) | Q(inviter__in=among))
    return list(referrals.order_by("pk")[:limit])


def stopped_cases(*, after: int, limit: int, among: Collection[int] | None) -> list[Case]:
    """Cases above a key that no person is at work with, of what the screen stopped."""
    cases = _free_cases().filter(queue__in=(GATE, ACCOUNT), assessment__isnull=False, pk__gt=after)
    if among is not None:
        cases = cases.filter(Q(subscriber__in=among) | Q(other__in=among))
    return list(cases.select_related("subscriber").order_by("pk")[:limit])


def free_case(*, case_id: int) -> Case | None:
    """The case, locked; None if a person, or another run, is at work with it."""
    cases = _free_cases().filter(pk=case_id)
    return cases.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()


def is_in_review(*, redemption_id: str) -> bool:
    """Whether a redemption waits for a verdict."""
    return Redemption.objects.filter(redemption_id=redemption_id, status="in_review").exists()


def _free_cases() -> QuerySet[Case]:
    return Case.objects.filter(status__in=(OPEN, SNOOZED), proposed_by__isnull=True)


def registration_cases(*, names: Collection[str]) -> list[Case]:
    """The cases of these registrations that no person is at work with; locked."""
    return list(
        _free_cases()
        .filter(subject_type=REGISTRATION, subject_id__in=names)
        .order_by("pk")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
    )
