"""Who the subjects are about, and what is thought of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fraud.policy.facts import Place
from fraud.policy.standings import NORMAL, STANDINGS
from fraud.queries.asked import Asked
from loyalty.queries.prepared import fetch_prepared

_PARTIES = """
    SELECT v.place, f.activated_at, p.country, p.region,
        coalesce(v.inviter_id, r.inviter_id), r.terms, r.window_ends_at,
        (SELECT array_agg(s.standing ORDER BY s.set_at) FROM fraud_subscriberstanding s
         WHERE s.subscriber_id IN (v.focus_id, v.subscriber_id, r.inviter_id)
            AND s.set_at <= v.at),
        (SELECT array_agg(s.set_at ORDER BY s.set_at) FROM fraud_subscriberstanding s
         WHERE s.subscriber_id IN (v.focus_id, v.subscriber_id, r.inviter_id)
            AND s.set_at <= v.at),
        (SELECT array_agg(
            CASE WHEN s.set_by = 'screen' THEN s.reason ELSE '' END ORDER BY s.set_at
         ) FROM fraud_subscriberstanding s
         WHERE s.subscriber_id IN (v.focus_id, v.subscriber_id, r.inviter_id)
            AND s.set_at <= v.at),
        (SELECT array_agg(DISTINCT z.rule ORDER BY z.rule) FROM fraud_rulesnooze z
         WHERE z.subscriber_id IN (v.focus_id, v.subscriber_id)
            AND z.set_at <= v.at AND z.until > v.at
            AND (z.ended_at IS NULL OR z.ended_at > v.at))
    FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
            %s::timestamptz[])
        AS v (place, focus_id, subscriber_id, inviter_id, referral_id, at)
    JOIN accounts_subscriber f ON f.id = v.focus_id
    LEFT JOIN accounts_identifier p ON p.id = f.msisdn_id
    LEFT JOIN referrals_referral r ON v.referral_id <> '' AND r.referral_id = v.referral_id
"""


class Party(NamedTuple):
    """The focus of a subject, its inviter, and what is thought of both.

    Attributes:
        terms, window_ends_at: of the referral.
        standing: the worst of the parties', with when it was set, and why if the screen set it.
    """

    activated_at: datetime
    home: Place | None
    inviter_id: int | None
    terms: int | None
    window_ends_at: datetime | None
    standing: str
    standing_set_at: datetime | None
    standing_reason: str | None
    snoozed: tuple[str, ...]


def parties_of(asked: Sequence[Asked]) -> list[Party]:
    """The parties of each subject, in one statement."""
    rows = fetch_prepared(
        _PARTIES,
        list(range(len(asked))),
        [each.focus_id for each in asked],
        [each.subject.subscriber_id for each in asked],
        [each.inviter_id for each in asked],
        [each.referral_id for each in asked],
        [each.at for each in asked],
    )
    found = {place: _party(*values) for place, *values in rows}
    return [found[place] for place in range(len(asked))]


def _party(
    activated_at: datetime,
    country: str | None,
    region: str | None,
    inviter_id: int | None,
    terms: int | None,
    window_ends_at: datetime | None,
    standings: list[str] | None,
    set_at: list[datetime] | None,
    reasons: list[str] | None,
    snoozed: list[str] | None,
) -> Party:
    found = list(zip(standings or (), set_at or (), reasons or (), strict=True))
    standing, since, reason = max(
        found, key=lambda each: STANDINGS.index(each[0]), default=(NORMAL, None, None)
    )
    return Party(
        activated_at,
        Place(country, region or "") if country else None,
        inviter_id,
        terms,
        window_ends_at,
        standing,
        since if standing != NORMAL else None,
        (reason or None) if standing != NORMAL else None,
        tuple(snoozed or ()),
    )
