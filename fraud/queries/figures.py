"""How well fraud is kept out, and what that costs: the figures of a period.

A fixed number of statements. What was refused, held or taken back is read from the steps through
the gate, what persons decided from cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from fraud.policy.cases import CLOSED, FALSE_POSITIVE, FRAUD, GATE, INCONCLUSIVE, SAMPLE
from fraud.policy.figures import MINUTES_BINS, QUEUE_AGE_BINS, REFERRAL_BINS, Bin, Rates, binned
from loyalty.policy.gate import MACHINES
from loyalty.queries.terms import program_zone

_PAYOUTS = """
    SELECT count(*), coalesce(sum(value_minor), 0)::bigint,
        count(*) FILTER (WHERE status = 'refused'),
        coalesce(sum(value_minor) FILTER (WHERE status = 'refused'), 0)::bigint,
        count(*) FILTER (WHERE status = 'cancelled'),
        coalesce(sum(value_minor) FILTER (WHERE status = 'cancelled'), 0)::bigint,
        count(*) FILTER (WHERE status = 'clawed_back'),
        coalesce(sum(value_minor) FILTER (WHERE status = 'clawed_back'), 0)::bigint
    FROM loyalty_payout WHERE requested_at >= %(since)s AND requested_at < %(until)s
"""
_REDEMPTIONS = """
    SELECT count(*), coalesce(sum(value_minor), 0)::bigint,
        count(*) FILTER (WHERE status = 'declined'),
        coalesce(sum(value_minor) FILTER (WHERE status = 'declined'), 0)::bigint
    FROM loyalty_redemption WHERE reserved_at >= %(since)s AND reserved_at < %(until)s
"""

# Whose first redemption fell into the period.
_FIRST = """
    WITH firsts AS (
        SELECT greatest(0, extract(epoch FROM r.reserved_at - s.activated_at) / 60)::bigint
            AS minutes
        FROM loyalty_redemption r JOIN accounts_subscriber s ON s.id = r.subscriber_id
        WHERE r.reserved_at >= %(since)s AND r.reserved_at < %(until)s AND NOT EXISTS (
            SELECT 1 FROM loyalty_redemption e
            WHERE e.subscriber_id = r.subscriber_id
                AND (e.reserved_at, e.id) < (r.reserved_at, r.id)
        )
    )
    SELECT width_bucket(minutes, %(bins)s::bigint[]), count(*),
        (SELECT percentile_disc(ARRAY[0.05, 0.25, 0.5, 0.75, 0.95]) WITHIN GROUP (ORDER BY minutes)
         FROM firsts)
    FROM firsts GROUP BY 1
"""

_REFERRALS = """
    SELECT width_bucket(joins, %(bins)s::bigint[]), count(*), sum(joins)::bigint, max(joins)
    FROM (
        SELECT count(*) AS joins FROM referrals_referral
        WHERE joined_at >= %(since)s AND joined_at < %(until)s AND status <> 'refused'
        GROUP BY inviter_id
    ) AS by_inviter
    GROUP BY 1
"""

_VERDICTS = """
    SELECT queue, verdict, count(*) FROM fraud_case
    WHERE status = %(closed)s AND decided_at >= %(since)s AND decided_at < %(until)s
        AND decided_by <> ALL(%(machines)s) AND subject_type = 'payout'
    GROUP BY queue, verdict
"""

# What the live rule set said of each payout last.
_SCREENED = """
    SELECT outcome, count(*) FROM (
        SELECT DISTINCT ON (subject_id) subject_id, outcome FROM fraud_assessment
        WHERE assessed_at >= %(since)s AND assessed_at < %(until)s
            AND subject_type = 'payout' AND NOT is_shadow
        ORDER BY subject_id, id DESC
    ) AS latest
    GROUP BY outcome
"""

_QUEUE = """
    SELECT queue, width_bucket(
            (extract(epoch FROM %(now)s - opened_at) / 3600)::float8, %(bins)s::float8[]
        ),
        count(*), count(*) FILTER (WHERE due_at <= %(now)s), min(opened_at),
        coalesce(sum(value_minor), 0)::bigint
    FROM fraud_case WHERE status <> %(closed)s AND opened_at <= %(now)s GROUP BY 1, 2
"""

_ANALYSTS = """
    SELECT c.decided_by, count(*), count(*) FILTER (WHERE c.verdict = %(fraud)s),
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY extract(epoch FROM c.decided_at - claimed.at) / 60
        )
    FROM fraud_case c
    LEFT JOIN LATERAL (
        SELECT max(e.at) AS at FROM fraud_caseevent e
        WHERE e.case_id = c.id AND e.step = 'claim' AND e.by = c.decided_by
            AND e.at <= c.decided_at
    ) claimed ON true
    WHERE c.status = %(closed)s AND c.decided_at >= %(since)s AND c.decided_at < %(until)s
        AND c.decided_by <> ALL(%(machines)s)
    GROUP BY c.decided_by ORDER BY 2 DESC, 1
"""

# By week, which begins on Monday in the program's zone. Stopped: what the screen held or refused;
# of what it held, persons released or refused; taken back: instalments that had been paid.
_WEEKS = """
    WITH gate AS (
        SELECT g.changed_at AS at, g.step, g.before,
            g.changed_by <> ALL(%(machines)s) AS is_by_person,
            coalesce(p.value_minor, r.value_minor) AS value
        FROM loyalty_gatechange g
        LEFT JOIN loyalty_payout p ON g.subject_type = 'payout' AND p.id::text = g.subject_id
        LEFT JOIN loyalty_redemption r
            ON g.subject_type = 'redemption' AND r.redemption_id = g.subject_id
        WHERE g.changed_at >= %(since)s AND g.changed_at < %(until)s
    ), moves AS (
        SELECT at, CASE
                WHEN before = 'requested' AND step IN ('hold', 'refuse', 'decline') THEN 'stopped'
                WHEN NOT is_by_person THEN NULL
                WHEN before = 'in_review' AND step = 'clear' THEN 'released'
                WHEN before = 'in_review' AND step IN ('refuse', 'decline') THEN 'refused'
            END AS name, value, 0 AS number
        FROM gate
        UNION ALL
        SELECT ended_at, 'taken_back', value_minor, 0 FROM loyalty_instalment
        WHERE status = 'clawed_back' AND ended_at >= %(since)s AND ended_at < %(until)s
        UNION ALL
        SELECT opened_at, 'opened', 0, 1 FROM fraud_case
        WHERE opened_at >= %(since)s AND opened_at < %(until)s
        UNION ALL
        SELECT decided_at, 'decided', 0, 1 FROM fraud_case
        WHERE status = %(closed)s AND decided_at >= %(since)s AND decided_at < %(until)s
        UNION ALL
        SELECT decided_at, 'frauds', 0, 1 FROM fraud_case
        WHERE verdict = %(fraud)s AND decided_at >= %(since)s AND decided_at < %(until)s
    )
    SELECT date_trunc('week', at AT TIME ZONE %(zone)s)::date, name, sum(value)::bigint,
        sum(number)::bigint
    FROM moves WHERE name IS NOT NULL GROUP BY 1, 2
"""


class Sum(NamedTuple):
    """How many, and what they are worth in kopecks."""

    number: int
    value_minor: int


@dataclass(frozen=True, slots=True)
class Operations:
    """The benefits of one type that were asked for, and those that came to nothing.

    Attributes:
        cancelled: by what became of them, such as "refused".
    """

    asked: Sum
    cancelled: dict[str, Sum]

    @property
    def number_share(self) -> float | None:
        """The share that was cancelled, by count; None of nothing."""
        cancelled = sum(each.number for each in self.cancelled.values())
        return cancelled / self.asked.number if self.asked.number else None

    @property
    def value_share(self) -> float | None:
        """The share that was cancelled, by value; None of nothing."""
        cancelled = sum(each.value_minor for each in self.cancelled.values())
        return cancelled / self.asked.value_minor if self.asked.value_minor else None


class FirstRedemptions(NamedTuple):
    """Minutes from activation to first redemption, of those who first redeemed in the period.

    Attributes:
        quantiles: by percentage, in minutes; empty if there was none.
    """

    subscribers: int
    quantiles: dict[int, int]
    histogram: list[Bin]


class Invitations(NamedTuple):
    """How many referrals those who invited had in the period."""

    inviters: int
    referrals: int
    most: int
    histogram: list[Bin]


class Waiting(NamedTuple):
    """Cases that are not decided now."""

    cases: int
    overdue: int
    value_minor: int
    oldest_at: datetime | None
    by_queue: dict[str, int]
    histogram: list[Bin]


class Analyst(NamedTuple):
    """What one person decided in the period."""

    name: str
    decided: int
    frauds: int
    per_day: float
    minutes_median: float | None


class Week(NamedTuple):
    """One week of the period, from its Monday; money in kopecks."""

    starts_on: date
    stopped_minor: int
    released_minor: int
    refused_minor: int
    taken_back_minor: int
    opened: int
    decided: int
    frauds: int


@dataclass(frozen=True, slots=True)
class FraudFigures:
    """The figures of [since, until), with the queue as it is now."""

    since: datetime
    until: datetime
    at: datetime
    payouts: Operations
    redemptions: Operations
    first_redemptions: FirstRedemptions
    invitations: Invitations
    rates: Rates
    waiting: Waiting
    analysts: list[Analyst]
    weeks: list[Week]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for and nothing waits."""
        asked = self.payouts.asked.number + self.redemptions.asked.number
        return not asked and not self.waiting.cases and not self.analysts


def fraud_figures(*, since: datetime, until: datetime, now: datetime) -> FraudFigures:
    """Read the figures of a period; it passes over whole tables of it.

    Args:
        since, until: the period, its end exclusive.
        now: as of when the queue is measured.
    """
    period = {
        "since": since,
        "until": until,
        "now": now,
        "closed": CLOSED,
        "machines": list(MACHINES),
        "fraud": FRAUD,
        "zone": program_zone().key,
    }
    return FraudFigures(
        since,
        until,
        now,
        _payouts(period),
        _redemptions(period),
        _first_redemptions(period),
        _invitations(period),
        _rates(period),
        _waiting(period),
        _analysts(period),
        _weeks(period),
    )


def _rows(sql: str, values: dict[str, Any], **more: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, **more})
        found: list[Any] = cursor.fetchall()
    return found


def _payouts(period: dict[str, Any]) -> Operations:
    [row] = _rows(_PAYOUTS, period)
    sums = [Sum(*row[place : place + 2]) for place in range(0, 8, 2)]
    names = ("refused", "cancelled", "clawed_back")
    return Operations(sums[0], dict(zip(names, sums[1:], strict=True)))


def _redemptions(period: dict[str, Any]) -> Operations:
    [row] = _rows(_REDEMPTIONS, period)
    return Operations(Sum(*row[:2]), {"declined": Sum(*row[2:])})


def _first_redemptions(period: dict[str, Any]) -> FirstRedemptions:
    rows = _rows(_FIRST, period, bins=[each.upto for each in MINUTES_BINS[:-1]])
    counts = {place: number for place, number, _ in rows}
    minutes = rows[0][2] if rows else []
    quantiles = dict(zip((5, 25, 50, 75, 95), minutes, strict=False))
    return FirstRedemptions(sum(counts.values()), quantiles, binned(MINUTES_BINS, counts))


def _invitations(period: dict[str, Any]) -> Invitations:
    rows = _rows(_REFERRALS, period, bins=[each.upto for each in REFERRAL_BINS[:-1]])
    counts = {place: number for place, number, _, _ in rows}
    return Invitations(
        sum(counts.values()),
        sum(row[2] for row in rows),
        max((row[3] for row in rows), default=0),
        binned(REFERRAL_BINS, counts),
    )


def _rates(period: dict[str, Any]) -> Rates:
    verdicts = {(queue, verdict): number for queue, verdict, number in _rows(_VERDICTS, period)}
    screened = dict(_rows(_SCREENED, period))
    return Rates(
        stopped=screened.get("review", 0) + screened.get("refuse", 0),
        cleared=screened.get("clear", 0),
        stopped_frauds=verdicts.get((GATE, FRAUD), 0),
        stopped_normals=verdicts.get((GATE, FALSE_POSITIVE), 0),
        sampled_frauds=verdicts.get((SAMPLE, FRAUD), 0),
        sampled_normals=verdicts.get((SAMPLE, FALSE_POSITIVE), 0),
        inconclusive=sum(n for (_, verdict), n in verdicts.items() if verdict == INCONCLUSIVE),
    )


def _waiting(period: dict[str, Any]) -> Waiting:
    rows = _rows(_QUEUE, period, bins=[each.upto for each in QUEUE_AGE_BINS[:-1]])
    counts: dict[int, int] = {}
    by_queue: dict[str, int] = {}
    for queue, place, number, *_ in rows:
        counts[place] = counts.get(place, 0) + number
        by_queue[queue] = by_queue.get(queue, 0) + number
    return Waiting(
        sum(counts.values()),
        sum(row[3] for row in rows),
        sum(row[5] for row in rows),
        min((row[4] for row in rows), default=None),
        by_queue,
        binned(QUEUE_AGE_BINS, counts),
    )


def _analysts(period: dict[str, Any]) -> list[Analyst]:
    days = max(1.0, (period["until"] - period["since"]) / timedelta(days=1))
    return [
        Analyst(name, decided, frauds, decided / days, None if median is None else float(median))
        for name, decided, frauds, median in _rows(_ANALYSTS, period)
    ]


def _weeks(period: dict[str, Any]) -> list[Week]:
    found: dict[tuple[date, str], tuple[int, int]] = {
        (day, name): (value, number) for day, name, value, number in _rows(_WEEKS, period)
    }
    return [
        Week(
            monday,
            *(found.get((monday, name), (0, 0))[0] for name in _SUMS),
            *(found.get((monday, name), (0, 0))[1] for name in _COUNTS),
        )
        for monday in _mondays(period["since"], period["until"])
    ]


_SUMS = ("stopped", "released", "refused", "taken_back")
_COUNTS = ("opened", "decided", "frauds")


def _mondays(since: datetime, until: datetime) -> Sequence[date]:
    """The first days of the weeks that the period touches."""
    zone = program_zone()
    first = since.astimezone(zone).date()
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]
