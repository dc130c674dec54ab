"""What anomaly models read of subscribers, each as of a moment, and nothing learnt later.

Four statements, whatever the list's length.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from fraud.policy.features import DAYS_MAX, MINUTES_MAX, OTHERS_MAX, WINDOW_DAYS, Row
from fraud.policy.rulesets import RuleSet
from fraud.queries.uses import meet
from loyalty.queries.prepared import fetch_prepared, fetch_prepared_by_name

_WINDOW = timedelta(days=WINDOW_DAYS)
_MONTH_DAYS = 30
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_IDENTIFIERS_MAX = 50
_LIMITS = RuleSet().limits

_MONEY = """
    SELECT v.place, f.activated_at, c.number, c.amount, c.mean, c.deviation, c.top_ups, c.last_at,
        r.amount, r.back
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, subscriber_id, since, at)
    JOIN accounts_subscriber f ON f.id = v.subscriber_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, coalesce(sum(c.amount_minor), 0)::bigint AS amount,
            avg(c.amount_minor)::float8 AS mean, stddev_pop(c.amount_minor)::float8 AS deviation,
            coalesce(sum(c.amount_minor) FILTER (WHERE c.kind = 'top_up'), 0)::bigint AS top_ups,
            max(c.occurred_at) AS last_at
        FROM loyalty_charge c
        WHERE c.subscriber_id = v.subscriber_id AND c.posted_at <= v.at
            AND c.occurred_at > v.since AND c.occurred_at <= v.at
    ) c
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.amount_minor), 0)::bigint AS amount,
            coalesce(sum(r.amount_minor) FILTER (WHERE r.reason = 'chargeback'), 0)::bigint AS back
        FROM loyalty_refund r
        WHERE r.subscriber_id = v.subscriber_id AND r.applied_at <= v.at
            AND (r.reversed_at IS NULL OR r.reversed_at > v.at)
            AND r.occurred_at > v.since AND r.occurred_at <= v.at
    ) r
"""

# A redemption that was given back is not redeemed: its points move both ways.
_POINTS = """
    SELECT v.place, e.issued, e.granted, e.redeemed, r.number, r.first_at
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, subscriber_id, since, at)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.points) FILTER (WHERE e.source = 'issued'), 0)::bigint AS issued,
            coalesce(sum(e.points) FILTER (WHERE e.kind = 'grant'), 0)::bigint AS granted,
            coalesce(sum(
                CASE WHEN e.source = 'available' AND e.destination = 'reserved' THEN e.points
                    WHEN e.source = 'reserved' AND e.destination = 'available' THEN -e.points
                END
            ), 0)::bigint AS redeemed
        FROM loyalty_entry e WHERE e.subscriber_id = v.subscriber_id AND e.posted_at <= v.at
    ) e
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE r.reserved_at > v.since) AS number,
            min(r.reserved_at) AS first_at
        FROM loyalty_redemption r
        WHERE r.subscriber_id = v.subscriber_id AND r.reserved_at <= v.at
    ) r
"""

# Others whose use met the subscriber's. Limits are those of the first rule set, because a model
# reads later what it has learnt.
_SEEN = f"""
    SELECT v.place,
        count(*) FILTER (WHERE u.kind = 'device'), count(*) FILTER (WHERE u.kind = 'ip'),
        count(*) FILTER (WHERE u.kind = 'card'),
        max(u.others) FILTER (WHERE u.kind = 'device' AND u.others <= %(above_device)s),
        max(u.others) FILTER (WHERE u.kind = 'ip' AND u.others <= %(above_ip)s)
    FROM unnest(%(places)s::int[], %(subscribers)s::bigint[], %(moments)s::timestamptz[])
        AS v (place, subscriber_id, at)
    LEFT JOIN LATERAL (
        SELECT i.kind, (
            SELECT count(*) FROM (
                SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = u.identifier_id AND o.subscriber_id <> v.subscriber_id
                    AND o.first_seen_at <= v.at AND {meet("u", "o")}
                LIMIT greatest(%(above_device)s, %(above_ip)s) + 1
            ) counted
        ) AS others
        FROM (
            SELECT u.identifier_id, u.first_seen_at, u.ended_at FROM accounts_identifieruse u
            WHERE u.subscriber_id = v.subscriber_id AND u.first_seen_at <= v.at
            ORDER BY u.first_seen_at DESC, u.identifier_id LIMIT %(identifiers_max)s
        ) u
        JOIN accounts_identifier i ON i.id = u.identifier_id AND i.kind IN ('device', 'ip', 'card')
            AND NOT i.is_meaningless
    ) u ON true
    GROUP BY v.place
"""  # noqa: S608 (our own words)

_INVITED = """
    SELECT v.place, i.lately, i.number, i.gone, EXISTS (
        SELECT 1 FROM referrals_referral r
        WHERE r.invitee_id = v.subscriber_id AND r.joined_at <= v.at AND r.status <> 'refused'
    )
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, subscriber_id, since, at)
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE r.joined_at > v.at - interval '30 days') AS lately,
            count(*) AS number,
            count(*) FILTER (WHERE EXISTS (
                SELECT 1 FROM accounts_statusperiod p
                WHERE p.subscriber_id = r.invitee_id AND p.status = 'closed'
                    AND p.starts_at >= r.joined_at AND p.starts_at <= v.at
            )) AS gone
        FROM referrals_referral r
        WHERE r.inviter_id = v.subscriber_id AND r.status <> 'refused'
            AND r.month >= (v.since - interval '32 days')::date
            AND r.joined_at > v.since AND r.joined_at <= v.at
    ) i
"""


class Moment(NamedTuple):
    """A subscriber, and the moment after which nothing counts."""

    subscriber_id: int
    at: datetime


def features_of(asked: Sequence[Moment]) -> list[Row]:
    """The features of each, in the order of `fraud.policy.features`."""
    places = list(range(len(asked)))
    ids = [each.subscriber_id for each in asked]
    moments = [each.at for each in asked]
    windows = (places, ids, [each.at - _WINDOW for each in asked], moments)
    money = dict(_by_place(fetch_prepared(_MONEY, *windows)))
    points = dict(_by_place(fetch_prepared(_POINTS, *windows)))
    asked_for = {
        "places": places,
        "subscribers": ids,
        "moments": moments,
        "identifiers_max": _IDENTIFIERS_MAX,
        "above_device": _LIMITS["device"],
        "above_ip": _LIMITS["ip"],
    }
    seen = dict(_by_place(fetch_prepared_by_name(_SEEN, asked_for)))
    invited = dict(_by_place(fetch_prepared(_INVITED, *windows)))
    found = []
    for place, moment in enumerate(moments):
        activated_at, *charged = money[place]
        row = (
            *_of_charges(activated_at, moment, *charged),
            *_of_points(activated_at, *points[place]),
            *_of_identifiers(*seen[place]),
            *_of_referrals(*invited[place]),
        )
        found.append(tuple(None if value is None else float(value) for value in row))
    return found


def _by_place(rows: Sequence[Sequence[Any]]) -> list[tuple[int, Sequence[Any]]]:
    return [(row[0], row[1:]) for row in rows]


def _share(part: float | Decimal, whole: float | Decimal) -> float | None:
    return float(part) / float(whole) if whole else None


def _of_charges(
    activated_at: datetime,
    at: datetime,
    number: int,
    amount: int,
    mean: float | None,
    deviation: float | None,
    top_ups: int,
    last_at: datetime | None,
    refunded: int,
    charged_back: int,
) -> tuple[float | None, ...]:
    days = max(0.0, (at - activated_at) / _DAY)
    months = max(_MONTH_DAYS, min(days, WINDOW_DAYS)) / _MONTH_DAYS
    return (
        min(days, DAYS_MAX),
        number / months,
        amount / 100 / months,
        None if mean is None else mean / 100,
        deviation / mean if number > 1 and mean and deviation is not None else None,
        _share(top_ups, amount),
        _share(refunded, amount),
        _share(charged_back, amount),
        None if last_at is None else (at - last_at) / _DAY,
    )


def _of_points(
    activated_at: datetime,
    issued: int,
    granted: int,
    redeemed: int,
    number: int,
    first_at: datetime | None,
) -> tuple[float | None, ...]:
    minutes = None if first_at is None else max(0.0, (first_at - activated_at) / _MINUTE)
    return (
        number,
        _share(redeemed, issued),
        _share(granted, issued),
        None if minutes is None else min(minutes, MINUTES_MAX),
    )


def _of_identifiers(
    devices: int, ips: int, cards: int, on_device: int | None, on_ip: int | None
) -> tuple[float | None, ...]:
    capped = None if on_device is None else min(on_device, OTHERS_MAX)
    return (capped, on_ip, devices, ips, cards)


def _of_referrals(
    lately: int, number: int, gone: int, was_invited: bool
) -> tuple[float | None, ...]:
    return (lately, number, _share(gone, number), float(was_invited))
