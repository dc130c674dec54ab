"""What the subjects did: what they paid and got back, redeemed, and whom they invited."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from fraud.policy.facts import Money, Referrals
from fraud.queries.asked import Asked
from fraud.queries.parties import Party
from kernel.moments import day_of
from loyalty.queries.prepared import fetch_prepared
from loyalty.queries.terms import program_zone, terms_calendar

_HALF_A_YEAR = timedelta(days=180)
_MONTH = timedelta(days=30)

_MONEY = """
    SELECT v.place, charged.amount, refunded.amount, refunded.back
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, focus_id, since, at)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.amount_minor), 0)::bigint AS amount FROM loyalty_charge c
        WHERE c.subscriber_id = v.focus_id AND c.occurred_at > v.since AND c.posted_at <= v.at
    ) charged
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(f.amount_minor), 0)::bigint AS amount,
            coalesce(sum(f.amount_minor) FILTER (WHERE f.reason = 'chargeback'), 0)::bigint AS back
        FROM loyalty_refund f
        WHERE f.subscriber_id = v.focus_id AND f.occurred_at > v.since
            AND f.applied_at <= v.at AND (f.reversed_at IS NULL OR f.reversed_at > v.at)
    ) refunded
"""

_REVENUE = """
    SELECT v.place, (charged.amount - refunded.amount)::bigint
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, focus_id, starts_at, ends_at, at)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.amount_minor), 0) AS amount FROM loyalty_charge c
        WHERE c.subscriber_id = v.focus_id AND c.posted_at <= v.at
            AND c.occurred_at >= v.starts_at AND c.occurred_at < v.ends_at
    ) charged
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(f.amount_minor), 0) AS amount
        FROM loyalty_refund f JOIN loyalty_charge c
            ON c.subscriber_id = f.subscriber_id AND c.charge_id = f.charge_id
        WHERE f.subscriber_id = v.focus_id AND f.applied_at <= v.at
            AND (f.reversed_at IS NULL OR f.reversed_at > v.at)
            AND c.occurred_at >= v.starts_at AND c.occurred_at < v.ends_at
    ) refunded
"""

_INVITED = """
    SELECT v.place,
        count(r.id) FILTER (WHERE r.joined_at > v.at - interval '30 days'),
        count(r.id) FILTER (WHERE r.joined_at <= v.at - interval '30 days')
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, inviter_id, since, at)
    LEFT JOIN referrals_referral r ON r.inviter_id = v.inviter_id
        AND r.month >= (v.since - interval '32 days')::date
        AND r.joined_at > v.since AND r.joined_at <= v.at
        AND (r.status <> 'refused' OR r.decided_at > v.at)
    GROUP BY v.place
"""

_NORMS = """
    SELECT v.place, n.mean_thousandths, n.deviation_thousandths
    FROM unnest(%s::int[], %s::date[]) AS v (place, day)
    CROSS JOIN LATERAL (
        SELECT * FROM fraud_referralnorm n WHERE n.day <= v.day ORDER BY n.day DESC LIMIT 1
    ) n
"""

_REDEEMED = """
    SELECT v.place, min(r.reserved_at),
        coalesce(bool_or(r.status IN ('settled', 'reversed') AND r.settled_at <= v.at), false)
    FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::timestamptz[])
        AS v (place, focus_id, but, at)
    LEFT JOIN loyalty_redemption r ON r.subscriber_id = v.focus_id
        AND r.reserved_at <= v.at AND r.redemption_id <> v.but
    GROUP BY v.place
"""


class Arpu(NamedTuple):
    """Kopecks a month that a referral's invitee brought, and what the gate needs."""

    brought_minor: int
    needed_minor: int


class Redeemed(NamedTuple):
    """Minutes from activation to the first redemption, if any; whether any was settled before."""

    minutes_to_first: int | None
    is_first: bool


def money_of(asked: Sequence[Asked]) -> list[Money]:
    """What each focus was charged and got back in the half year before the moment."""
    rows = fetch_prepared(
        _MONEY,
        list(range(len(asked))),
        [each.focus_id for each in asked],
        [each.at - _HALF_A_YEAR for each in asked],
        [each.at for each in asked],
    )
    found = {place: Money(*values) for place, *values in rows}
    return [found[place] for place in range(len(asked))]


def arpu_of(asked: Sequence[Asked], parties: Sequence[Party]) -> dict[int, Arpu]:
    """By place, what the invitees of bonuses brought in their windows, known by the moment."""
    places = [place for place, party in enumerate(parties) if party.terms is not None]
    if not places:
        return {}
    rows = fetch_prepared(
        _REVENUE,
        places,
        [asked[place].focus_id for place in places],
        [parties[place].activated_at for place in places],
        [parties[place].window_ends_at for place in places],
        [asked[place].at for place in places],
    )
    calendar = terms_calendar()
    found = {}
    for place, revenue_minor in rows:
        terms = calendar.numbered(parties[place].terms or 0).referral
        found[place] = Arpu(revenue_minor // terms.stay_months_min, terms.arpu_min_minor)
    return found


def invited_by(asked: Sequence[Asked], parties: Sequence[Party]) -> list[Referrals]:
    """How often whoever invites has done so lately, before, and how often others do."""
    places = list(range(len(asked)))
    rows = fetch_prepared(
        _INVITED,
        places,
        [
            party.inviter_id or each.subject.subscriber_id
            for each, party in zip(asked, parties, strict=True)
        ],
        [each.at - _HALF_A_YEAR - _MONTH for each in asked],
        [each.at for each in asked],
    )
    zone = program_zone()
    days = [day_of(each.at, zone) for each in asked]
    norms = {
        place: (mean / 1000, deviation / 1000)
        for place, mean, deviation in fetch_prepared(_NORMS, places, days)
    }
    periods = _HALF_A_YEAR / _MONTH
    found = {
        place: Referrals(recent, before / periods, *norms.get(place, (None, None)))
        for place, recent, before in rows
    }
    return [found[place] for place in places]


def redeemed_by(asked: Sequence[Asked], parties: Sequence[Party]) -> list[Redeemed]:
    """When each focus redeemed for the first time; a redemption that is screened may be it."""
    rows = fetch_prepared(
        _REDEEMED,
        list(range(len(asked))),
        [each.focus_id for each in asked],
        [each.subject.id if each.subject.type == "redemption" else "" for each in asked],
        [each.at for each in asked],
    )
    found = {}
    for place, first_at, has_settled in rows:
        each = asked[place]
        if first_at is None and each.subject.type == "redemption":
            first_at = each.at
        minutes = None
        if first_at is not None:
            minutes = max(0, (first_at - parties[place].activated_at) // timedelta(minutes=1))
        found[place] = Redeemed(minutes, not has_settled)
    return [found[place] for place in range(len(asked))]
