"""What was unusual about the subscribers of cases, as it was measured when each was opened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fraud.models import AnomalyScore, Case, CaseEvent
from fraud.policy.cases import ANOMALY


class Unusual(NamedTuple):
    """What a model, or the search for look-alikes, found.

    Attributes:
        kind: of the model; empty for look-alikes.
        percentile_thousandths: the share of all who are less unusual; None for look-alikes.
        alike: how many accounts behave alike; 0 for a model.
        measures: what is furthest from usual, or common to the look-alikes, as {feature, value,
            usual}.
        measured_at: when.
        sentence: the same in the words that were kept with the case.
    """

    kind: str
    percentile_thousandths: int | None
    alike: int
    measures: list[dict[str, Any]]
    measured_at: datetime
    sentence: str


def unusual_about(cases: Sequence[Case]) -> dict[int, Unusual]:
    """What was measured of the cases of unusual activity among these, in two statements at most.

    A case that was opened before its measures were kept with it shows the latest ones.
    """
    ids = [case.pk for case in cases if case.queue == ANOMALY]
    if not ids:
        return {}
    opened = {step.case_id: step for step in CaseEvent.objects.filter(case__in=ids, step="open")}
    bare = [case for case in cases if case.pk in opened and "measures" not in opened[case.pk].after]
    latest = _latest(bare)
    found = {}
    for case in cases:
        step = opened.get(case.pk)
        if step is None:
            continue
        score = latest.get(case.subscriber_id)
        if "measures" in step.after:
            found[case.pk] = _kept(step)
        elif score is not None:
            found[case.pk] = Unusual(
                score.kind, score.percentile_thousandths, 0, score.furthest, score.scored_at,
                step.reason,
            )  # fmt: skip
        else:
            found[case.pk] = Unusual("", None, 0, [], step.at, step.reason)
    return found


def _kept(step: CaseEvent) -> Unusual:
    said = step.after
    return Unusual(
        said.get("kind", ""),
        said.get("percentile_thousandths"),
        said.get("alike", 0),
        said["measures"],
        step.at,
        step.reason,
    )


def _latest(cases: Sequence[Case]) -> dict[int, AnomalyScore]:
    """The score of each subscriber by the model that finds them most unusual."""
    if not cases:
        return {}
    scores = AnomalyScore.objects.filter(subscriber__in=[case.subscriber_id for case in cases])
    return {
        score.subscriber_id: score for score in scores.order_by("percentile_thousandths", "kind")
    }
