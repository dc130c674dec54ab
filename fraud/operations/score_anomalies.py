"""Say of every subscriber how unusual they are, and show the most unusual to a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction

from fraud.models import AnomalyModel
from fraud.operations.find_look_alikes import find_look_alikes
from fraud.operations.load_detectors import load_live
from fraud.operations.open_cases import NewCase, open_cases
from fraud.policy.anomalies import CASES_PER_RUN, EXPLAINED_FROM, SCORED_EVERY, THOUSANDTHS, TITLES
from fraud.policy.cases import ANOMALY
from fraud.policy.detectors import Detector, matrix_of
from fraud.policy.features import BY_NAME
from fraud.policy.scoring import LOW
from fraud.queries.anomalies import (
    Unusual,
    anomaly_cases_since,
    newly_unusual,
    points_at_risk,
    subscribers_due,
)
from fraud.queries.asked import REGISTRATION
from fraud.queries.features import Moment, features_of
from kernel.arrays import literal
from loyalty.queries.terms import terms_calendar

SUBSCRIBERS_PER_PAGE = 2_000

_KEEP = """
    INSERT INTO fraud_anomalyscore (
        subscriber_id, kind, percentile_thousandths, furthest, model_id, scored_at
    )
    SELECT v.subscriber_id, v.kind, v.percentile, v.furthest::jsonb, v.model_id, v.scored_at
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::text[], %s::int[], %s::timestamptz[])
        AS v (subscriber_id, kind, percentile, furthest, model_id, scored_at)
    ORDER BY v.subscriber_id, v.kind
    ON CONFLICT (subscriber_id, kind) DO UPDATE SET
        percentile_thousandths = excluded.percentile_thousandths, furthest = excluded.furthest,
        model_id = excluded.model_id, scored_at = excluded.scored_at
    WHERE fraud_anomalyscore.scored_at <= excluded.scored_at
"""

Loaded = Sequence[tuple[AnomalyModel, Detector]]


class Scored(NamedTuple):
    """What a run did; `broken` are the live models that could not be loaded."""

    subscribers: int
    groups: int
    cases: int
    broken: tuple[str, ...]


def score_anomalies(*, now: datetime) -> Scored:
    """Renew the percentiles of all subscribers, find look-alikes, and open a few cases.

    Safe to repeat, to kill and to run in two places: a commit per page of those who were not
    scored lately. A model that can't be loaded is logged as an error and scores nobody; what it
    said before goes stale, and nothing else depends on it.
    """
    loaded, broken = load_live(now=now)
    subscribers = _score(loaded, now)
    found = find_look_alikes(now=now)
    cases = _open_cases(loaded, now)
    return Scored(subscribers, found.groups, found.cases + cases, tuple(map(str, broken)))


def _score(loaded: Loaded, now: datetime) -> int:
    versions = [model.version for model, _ in loaded]
    scored = after = 0
    while loaded:
        due = subscribers_due(at=now, versions=versions, after=after, limit=SUBSCRIBERS_PER_PAGE)
        if not due:
            break
        _score_page(due, loaded, now)
        scored, after = scored + len(due), due[-1]
    return scored


@transaction.atomic
def _score_page(subscriber_ids: Sequence[int], loaded: Loaded, now: datetime) -> None:
    rows = matrix_of(features_of([Moment(each, now) for each in subscriber_ids]))

    kept: list[tuple[object, ...]] = []
    for model, detector in loaded:
        percentiles = detector.percentiles(rows)
        for place, (subscriber_id, percentile) in enumerate(
            zip(subscriber_ids, percentiles, strict=True)
        ):
            is_explained = percentile >= EXPLAINED_FROM
            furthest = detector.usual.furthest(rows[place]) if is_explained else []
            said = orjson.dumps(furthest).decode()
            kept.append((subscriber_id, model.kind, percentile, said, model.version, now))

    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [literal(column) for column in zip(*kept, strict=True)])


@transaction.atomic
def _open_cases(loaded: Loaded, now: datetime) -> int:
    """Open cases for the most unusual, so many a day that persons can look at each."""
    opened = anomaly_cases_since(since=now - SCORED_EVERY, until=now)
    room = CASES_PER_RUN - opened
    if not loaded or room <= 0:
        return 0
    versions = [model.version for model, _ in loaded]
    unusual = newly_unusual(at=now, versions=versions, limit=room)
    at_risk = points_at_risk([each.subscriber_id for each in unusual])
    value = terms_calendar().at(now).terms.point_value_minor
    cases = [
        NewCase(
            ANOMALY,
            REGISTRATION,
            each.external_id,
            each.subscriber_id,
            None,
            at_risk.get(each.subscriber_id, 0) * value,
            None,
            0,
            LOW,
            reason=_reason(each),
            by="anomalies",
            found={
                "kind": each.kind,
                "percentile_thousandths": each.percentile_thousandths,
                "measures": each.furthest,
            },
        )
        for each in unusual
    ]
    return len(open_cases(cases=cases, now=now))


def _reason(unusual: Unusual) -> str:
    percentile = unusual.percentile_thousandths / THOUSANDTHS
    furthest = "; ".join(_said_of(each) for each in unusual.furthest)
    return f"{TITLES[unusual.kind]}: more unusual than {percentile:.2f} % of all. {furthest}"[:500]


def _said_of(furthest: Mapping[str, Any]) -> str:
    feature = BY_NAME[furthest["feature"]]
    value, usual = furthest["value"], furthest["usual"]
    return f"{feature.title}: {value:g} {feature.unit}, usually {usual:g}"
