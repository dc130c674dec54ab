"""What decides over invitations, gathered for a list of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from accounts.queries.subscribers import statuses_at
from kernel.moments import month_of
from loyalty.policy.gate import Subject
from loyalty.queries.terms import program_zone, terms_calendar
from referrals.models import Referral
from referrals.policy.codes import normal_code
from referrals.policy.joining import SAME_LINE, EarlierLine, JoinFacts, JoinItem

_PARTIES = """
    SELECT v.place, c.subscriber_id, s.id, s.activated_at,
        EXISTS (SELECT 1 FROM referrals_referral r
                WHERE r.invitee_id = s.id AND r.status <> 'refused'),
        s.left_before_at, earlier.kind, earlier.activated_at, earlier.ended_at
    FROM unnest(%s::int[], %s::text[], %s::text[], %s::int[]) AS v (place, code, invitee, rest_days)
    LEFT JOIN referrals_referralcode c ON c.code = v.code
    LEFT JOIN accounts_subscriber s ON s.external_id = v.invitee
    LEFT JOIN LATERAL (
        SELECT i.kind, p.activated_at, o.ended_at FROM accounts_identifieruse u
        JOIN accounts_identifier i ON i.id = u.identifier_id AND i.kind IN ('passport', 'phone')
            AND NOT i.is_meaningless
        JOIN accounts_identifieruse o ON o.identifier_id = u.identifier_id
            AND o.subscriber_id <> u.subscriber_id
        JOIN accounts_subscriber p ON p.id = o.subscriber_id
        WHERE u.subscriber_id = s.id AND p.activated_at < s.activated_at
            AND (i.kind = 'passport' OR (
                (o.ended_at IS NULL
                    OR o.ended_at > s.activated_at - make_interval(days => v.rest_days))
                AND (u.ended_at IS NULL OR u.ended_at > o.first_seen_at)
            ))
        ORDER BY i.kind, o.ended_at DESC NULLS FIRST LIMIT 1
    ) earlier ON true
"""

# Everybody above each inviter; an invitee has one inviter, so that this is a chain. UNION
# drops what was seen, so that it ends even if there were a cycle.
_ABOVE = """
    WITH RECURSIVE above (start, subscriber_id) AS (
        SELECT v.inviter, v.inviter FROM unnest(%s::bigint[]) AS v (inviter)
        UNION
        SELECT a.start, r.inviter_id
        FROM above a JOIN referrals_referral r
            ON r.invitee_id = a.subscriber_id AND r.status <> 'refused'
    )
    SELECT start, subscriber_id FROM above WHERE start <> subscriber_id
"""

_OF_MONTH = """
    SELECT v.place, (
        SELECT count(*) FROM referrals_referral r
        WHERE r.inviter_id = v.inviter AND r.month = v.month AND r.status <> 'refused'
    )
    FROM unnest(%s::int[], %s::bigint[], %s::date[]) AS v (place, inviter, month)
"""


class Party(NamedTuple):
    """Who stands behind a code and an invitee's id, and what is known of the invitee."""

    inviter_id: int | None
    invitee_id: int | None
    activated_at: datetime | None
    is_invited: bool
    earlier: EarlierLine | None


def join_facts(items: Sequence[JoinItem], moments: Sequence[datetime]) -> list[JoinFacts]:
    """What decides over each invitation, which was accepted at its moment."""
    calendar = terms_calendar()
    parties = _parties(
        items, [calendar.at(moment).terms.referral.number_rest_days for moment in moments]
    )
    known = [
        (place, party.inviter_id)
        for place, party in enumerate(parties)
        if party.inviter_id is not None
    ]
    above = _above(sorted({inviter for _, inviter in known}))
    counted = _of_month(known, moments)
    statuses = statuses_at([(inviter, moments[place]) for place, inviter in known])
    status_of = {place: status for (place, _), status in zip(known, statuses, strict=True)}
    return [
        JoinFacts(
            party.inviter_id,
            party.invitee_id,
            status_of.get(place),
            party.activated_at,
            party.earlier,
            party.is_invited,
            (party.inviter_id, party.invitee_id) in above,
            counted.get(place, 0),
        )
        for place, party in enumerate(parties)
    ]


def subject_of_join(referral: Referral) -> Subject:
    """A referral as the screen is asked about it, worth the bonus that it may earn."""
    terms = terms_calendar().numbered(referral.terms).referral
    return Subject(
        "join",
        referral.referral_id,
        referral.inviter_id,
        "join",
        terms.bonus_minor,
        cause_id=referral.referral_id,
        depends_on_id=referral.invitee_id,
    )


def _parties(items: Sequence[JoinItem], rest_days: Sequence[int]) -> list[Party]:
    with connection.cursor() as cursor:
        cursor.execute(
            _PARTIES,
            [
                list(range(len(items))),
                [normal_code(item.referral_code) for item in items],
                [item.invitee_id for item in items],
                list(rest_days),
            ],
        )
        found = {
            place: Party(inviter, invitee, activated_at, bool(invited), _earlier(*earlier))
            for place, inviter, invitee, activated_at, invited, *earlier in cursor.fetchall()
        }
    return [found[place] for place in range(len(items))]


def _earlier(
    left_before_at: datetime | None,
    kind: str | None,
    activated_at: datetime | None,
    ended_at: datetime | None,
) -> EarlierLine | None:
    if left_before_at is not None:
        return EarlierLine(SAME_LINE, left_before_at)
    if kind is None:
        return None
    return EarlierLine(kind, activated_at if kind == "passport" else ended_at)


def _above(inviters: Sequence[int]) -> set[tuple[int | None, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [list(inviters)])
        return set(cursor.fetchall())


def _of_month(known: Sequence[tuple[int, int]], moments: Sequence[datetime]) -> dict[int, int]:
    zone = program_zone()
    with connection.cursor() as cursor:
        cursor.execute(
            _OF_MONTH,
            [
                [place for place, _ in known],
                [inviter for _, inviter in known],
                [month_of(moments[place], zone) for place, _ in known],
            ],
        )
        return dict(cursor.fetchall())
