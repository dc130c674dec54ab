"""The plain screen that settings name until a fraud system takes its place."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from loyalty.policy.gate import CLEAR, REFERRAL_BONUS, Screening, Subject
from loyalty.queries.terms import terms_calendar
from referrals.policy.screening import SHARED_KINDS, Given, ScreenFacts, Shared, screening_of

_GIVEN = """
    SELECT s.id,
        (coalesce(w.benefit_life_minor, 0) + coalesce(due.value_minor, 0))::bigint,
        coalesce(referred.value_minor, 0)::bigint,
        s.identity_verified
    FROM accounts_subscriber s
    LEFT JOIN loyalty_wallet w ON w.subscriber_id = s.id
    LEFT JOIN LATERAL (
        SELECT sum(i.value_minor) AS value_minor FROM loyalty_instalment i
        WHERE i.subscriber_id = s.id AND i.status = 'due'
    ) due ON true
    LEFT JOIN LATERAL (
        SELECT sum(i.value_minor) AS value_minor
        FROM loyalty_instalment i JOIN loyalty_payout p ON p.id = i.payout_id
        WHERE i.subscriber_id = s.id AND i.status IN ('due', 'paid') AND p.kind = %s
    ) referred ON true
    WHERE s.id = ANY(%s)
"""

# Whom the invitee of a referral shares an identifier with, while both have it: the inviter, or
# another invitee of theirs.
_SHARED = """
    SELECT v.place, i.kind, bool_or(o.subscriber_id = r.inviter_id),
        bool_or(o.subscriber_id <> r.inviter_id)
    FROM unnest(%s::int[], %s::text[]) AS v (place, referral_id)
    JOIN referrals_referral r ON r.referral_id = v.referral_id
    JOIN accounts_identifieruse u ON u.subscriber_id = r.invitee_id
    JOIN accounts_identifier i ON i.id = u.identifier_id AND i.kind = ANY(%s)
        AND NOT i.is_meaningless
    JOIN LATERAL (
        SELECT o.subscriber_id FROM accounts_identifieruse o
        WHERE o.identifier_id = u.identifier_id
            AND (o.ended_at IS NULL OR o.ended_at > u.first_seen_at)
            AND (u.ended_at IS NULL OR u.ended_at > o.first_seen_at) AND (
            o.subscriber_id = r.inviter_id
            OR o.subscriber_id IN (
                SELECT x.invitee_id FROM referrals_referral x
                WHERE x.inviter_id = r.inviter_id AND x.invitee_id <> r.invitee_id
                    AND x.status <> 'refused'
            )
        )
    ) o ON true
    GROUP BY v.place, i.kind
    ORDER BY v.place, i.kind
"""


def screen(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    """What becomes of each subject; a redemption has been checked against its limits already."""
    places = _payouts_among(subjects)
    shared = _shared([(place, subjects[place].cause_id) for place in places]) if places else {}
    return _screenings(subjects, shared, now)


def demands_of_terms(*, subjects: Sequence[Subject], now: datetime) -> list[Screening]:
    """What the terms alone demand of each subject: caps and verification."""
    return _screenings(subjects, {}, now)


def _payouts_among(subjects: Sequence[Subject]) -> list[int]:
    return [place for place, subject in enumerate(subjects) if subject.type == "payout"]


def _screenings(
    subjects: Sequence[Subject], shared: Mapping[int, Sequence[Shared]], now: datetime
) -> list[Screening]:
    places = _payouts_among(subjects)
    if not places:
        return [CLEAR] * len(subjects)
    given = _given(sorted({subjects[place].subscriber_id for place in places}))
    terms = terms_calendar().at(now).terms
    screenings = [CLEAR] * len(subjects)
    for place in places:
        subject = subjects[place]
        facts = ScreenFacts(
            subject.kind,
            subject.value_minor,
            given[subject.subscriber_id],
            tuple(shared.get(place, ())),
        )
        screenings[place] = screening_of(facts, terms)
    return screenings


def _given(subscriber_ids: Sequence[int]) -> dict[int, Given]:
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN, [REFERRAL_BONUS, list(subscriber_ids)])
        return {key: Given(*values) for key, *values in cursor.fetchall()}


def _shared(causes: Sequence[tuple[int, str]]) -> dict[int, list[Shared]]:
    found: dict[int, list[Shared]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARED,
            [
                [place for place, _ in causes],
                [cause for _, cause in causes],
                list(SHARED_KINDS),
            ],
        )
        for place, *values in cursor.fetchall():
            found.setdefault(place, []).append(Shared(*values))
    return found
