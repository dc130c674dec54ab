"""Anomaly models and what they said: whom to score, on whom to fit, and what signals read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from fraud.models import AnomalyModel, Case
from fraud.policy.anomalies import (
    CASE_FROM,
    LEFT_ALONE,
    PERCENTILE_MAX,
    SCORE_LASTS,
    SCORED_EVERY,
)
from fraud.policy.cases import ANOMALY, CLOSED, FALSE_POSITIVE, FRAUD
from fraud.policy.scoring import MILLION
from fraud.policy.standings import BLOCKED
from fraud.queries.asked import Asked
from fraud.queries.people import focus_of
from loyalty.queries.prepared import fetch_prepared

# A score counts while its own model and the live one of its kind are in the score.
_PERCENTILES = """
    SELECT v.place, max(s.percentile_thousandths)
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS v (place, focus_id, since, at)
    JOIN fraud_anomalyscore s ON s.subscriber_id = v.focus_id
        AND s.scored_at > v.since AND s.scored_at <= v.at
    JOIN fraud_anomalymodel m ON m.version = s.model_id AND m.is_in_score
    CROSS JOIN LATERAL (
        SELECT l.is_in_score FROM fraud_anomalymodel l
        WHERE l.kind = s.kind AND l.fitted_at <= v.at ORDER BY l.fitted_at DESC LIMIT 1
    ) live
    WHERE live.is_in_score
    GROUP BY v.place
"""

_PRESENT = """
    s.activated_at <= %(at)s AND (s.closed_at IS NULL OR s.closed_at > %(at)s)
"""

# A random order that is the same for the same seed.
_SAMPLE = f"""
    SELECT s.id FROM accounts_subscriber s
    WHERE {_PRESENT} AND s.id <> ALL(%(but)s)
    ORDER BY md5(%(seed)s::text || ':' || s.id), s.id LIMIT %(limit)s
"""  # noqa: S608

_DUE = f"""
    SELECT s.id FROM accounts_subscriber s
    WHERE {_PRESENT} AND s.id > %(after)s AND (
        SELECT count(*) FROM fraud_anomalyscore x
        WHERE x.subscriber_id = s.id AND x.model_id = ANY(%(versions)s)
            AND x.scored_at > %(fresh)s
    ) < cardinality(%(versions)s)
    ORDER BY s.id LIMIT %(limit)s
"""  # noqa: S608

_TOP = """
    SELECT s.subscriber_id, a.external_id, max(s.percentile_thousandths) AS percentile,
        (array_agg(s.kind ORDER BY s.percentile_thousandths DESC, s.kind))[1],
        (array_agg(s.furthest ORDER BY s.percentile_thousandths DESC, s.kind))[1]
    FROM fraud_anomalyscore s JOIN accounts_subscriber a ON a.id = s.subscriber_id
    WHERE s.percentile_thousandths >= %(from)s AND s.model_id = ANY(%(versions)s)
        AND s.scored_at > %(fresh)s AND s.scored_at <= %(at)s AND a.status <> 'closed'
        AND NOT EXISTS (
            SELECT 1 FROM fraud_subscriberstanding t
            WHERE t.subscriber_id = s.subscriber_id AND t.standing = %(blocked)s
        )
        AND NOT EXISTS (
            SELECT 1 FROM fraud_case c
            WHERE c.subscriber_id = s.subscriber_id AND c.queue = %(queue)s
                AND c.opened_at > %(alone)s
        )
    GROUP BY s.subscriber_id, a.external_id
    ORDER BY percentile DESC, sum(s.percentile_thousandths) DESC, s.subscriber_id
    LIMIT %(limit)s
"""

_AT_RISK = """
    SELECT w.subscriber_id, w.available + w.pending + w.reserved FROM loyalty_wallet w
    WHERE w.subscriber_id = ANY(%s)
"""


class Unusual(NamedTuple):
    """A subscriber whom a model finds unusual, and what is furthest from usual about them."""

    subscriber_id: int
    external_id: str
    percentile_thousandths: int
    kind: str
    furthest: list[dict[str, object]]


class Labelled(NamedTuple):
    """A subscriber over whom a person decided, as they were when the case was opened.

    Attributes:
        score: S without what anomaly models added to it.
    """

    subscriber_id: int
    at: datetime
    score: float
    is_fraud: bool


def percentiles_of(asked: Sequence[Asked]) -> list[float | None]:
    """The highest percentile of each focus among the models in the score; None if none is fresh."""
    rows = fetch_prepared(
        _PERCENTILES,
        list(range(len(asked))),
        [each.focus_id for each in asked],
        [each.at - SCORE_LASTS for each in asked],
        [each.at for each in asked],
    )
    found = {place: 100 * thousandths / PERCENTILE_MAX for place, thousandths in rows}
    return [found.get(place) for place in range(len(asked))]


def live_model(*, kind: str, at: datetime) -> AnomalyModel | None:
    """The latest model of a kind that was fitted by a moment."""
    models = AnomalyModel.objects.filter(kind=kind, fitted_at__lte=at)
    return models.order_by("-fitted_at").first()


def sample_ids(*, at: datetime, seed: int, limit: int, but: Sequence[int] = ()) -> list[int]:
    """A random sample of those who were subscribers at a moment; a seed draws the same ones."""
    asked: dict[str, Any] = {"at": at, "seed": seed, "limit": limit, "but": list(but)}
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, asked)
        return [row[0] for row in cursor.fetchall()]


def subscribers_due(*, at: datetime, versions: Sequence[int], after: int, limit: int) -> list[int]:
    """Subscribers whom one of these models has not scored lately, in the order of ids."""
    asked: dict[str, Any] = {
        "at": at,
        "versions": list(versions),
        "fresh": at - SCORED_EVERY,
        "after": after,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        return [row[0] for row in cursor.fetchall()]


def newly_unusual(*, at: datetime, versions: Sequence[int], limit: int) -> list[Unusual]:
    """The most unusual by these models whom nobody has looked at for it lately."""
    asked: dict[str, Any] = {
        "at": at,
        "from": CASE_FROM,
        "versions": list(versions),
        "fresh": at - SCORED_EVERY,
        "blocked": BLOCKED,
        "queue": ANOMALY,
        "alone": at - LEFT_ALONE,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOP, asked)
        return [
            Unusual(subscriber_id, external_id, thousandths, kind, orjson.loads(furthest))
            for subscriber_id, external_id, thousandths, kind, furthest in cursor.fetchall()
        ]


def anomaly_cases_since(*, since: datetime, until: datetime) -> int:
    """How many cases of unusual activity were opened."""
    return Case.objects.filter(queue=ANOMALY, opened_at__gt=since, opened_at__lte=until).count()


def points_at_risk(subscriber_ids: Sequence[int]) -> dict[int, int]:
    """The points that subscribers could still spend or are promised."""
    with connection.cursor() as cursor:
        cursor.execute(_AT_RISK, [list(subscriber_ids)])
        return dict(cursor.fetchall())


def labelled(*, at: datetime) -> list[Labelled]:
    """Subscribers over whom persons decided by a moment, in the order of their cases.

    One label per subscriber, the first; cases that the percentile itself brought up are left
    out, because they would praise or blame it for what it chose.
    """
    cases = (
        Case.objects.filter(status=CLOSED, verdict__in=(FRAUD, FALSE_POSITIVE), decided_at__lte=at)
        .exclude(queue=ANOMALY)
        .select_related("assessment")
        .defer("assessment__facts", "assessment__hits", "assessment__faults")
        .order_by("opened_at", "id")
    )
    found: dict[int, Labelled] = {}
    for case in cases:
        focus = focus_of(case)
        if focus not in found:
            score = _score_without_anomaly(case)
            found[focus] = Labelled(focus, case.opened_at, score, case.verdict == FRAUD)
    return list(found.values())


def _score_without_anomaly(case: Case) -> float:
    if case.assessment is None:
        return case.score_millionths / MILLION
    return float(
        sum(
            each["weight"] * each["x"]
            for each in case.assessment.contributions
            if each["signal"] != "anomaly"
        )
    )


def verdicts_of_the_queue(*, at: datetime) -> tuple[int, int]:
    """How many cases of unusual activity were decided by persons, and how many were fraud."""
    decided = Case.objects.filter(
        queue=ANOMALY, status=CLOSED, verdict__in=(FRAUD, FALSE_POSITIVE), decided_at__lte=at
    )
    return decided.count(), decided.filter(verdict=FRAUD).count()
