"""What is shown of anomaly models: the models, groups of look-alikes, and the most unusual."""

from collections.abc import Iterable
from typing import NamedTuple

from accounts.models import Subscriber
from fraud.models import AnomalyModel, AnomalyScore, Case, LookAlikeGroup, LookAlikeMember
from fraud.policy.anomalies import EXPLAINED_FROM
from fraud.policy.cases import ANOMALY

MODELS_SHOWN, GROUPS_SHOWN, SCORES_SHOWN = 12, 10, 30


class ShownGroup(NamedTuple):
    """A group of look-alikes with its members."""

    group: LookAlikeGroup
    members: list[Subscriber]
    case: Case | None


class ShownScore(NamedTuple):
    """A subscriber among the most unusual, by the model that finds them most so."""

    subscriber: Subscriber
    score: AnomalyScore
    case: Case | None


def latest_models() -> list[AnomalyModel]:
    """The last models, without their artefacts."""
    return list(
        AnomalyModel.objects.defer("artefact").order_by("-fitted_at", "kind")[:MODELS_SHOWN]
    )


def latest_groups() -> list[ShownGroup]:
    """The groups that the last run found any of."""
    last = LookAlikeGroup.objects.order_by("-found_at").first()
    if last is None:
        return []
    groups = list(
        LookAlikeGroup.objects.filter(found_at=last.found_at).order_by("number")[:GROUPS_SHOWN]
    )
    members: dict[int, list[Subscriber]] = {group.pk: [] for group in groups}
    for member in (
        LookAlikeMember.objects.filter(group__in=groups)
        .select_related("subscriber")
        .order_by("subscriber__activated_at", "subscriber_id")
    ):
        members[member.group_id].append(member.subscriber)
    cases = _cases_of(each.pk for found in members.values() for each in found)
    return [
        ShownGroup(
            group,
            members[group.pk],
            next((cases[each.pk] for each in members[group.pk] if each.pk in cases), None),
        )
        for group in groups
    ]


def most_unusual() -> list[ShownScore]:
    """The subscribers of the highest percentiles, each once."""
    scores = (
        AnomalyScore.objects.filter(percentile_thousandths__gte=EXPLAINED_FROM)
        .select_related("subscriber", "model")
        .defer("model__artefact")
        .order_by("-percentile_thousandths", "subscriber_id")[: 2 * SCORES_SHOWN]
    )
    found: dict[int, AnomalyScore] = {}
    for score in scores:
        found.setdefault(score.subscriber_id, score)
    shown = list(found.values())[:SCORES_SHOWN]
    cases = _cases_of(each.subscriber_id for each in shown)
    return [ShownScore(each.subscriber, each, cases.get(each.subscriber_id)) for each in shown]


def _cases_of(subscriber_ids: Iterable[int]) -> dict[int, Case]:
    """The last case of unusual activity of each."""
    cases = (
        Case.objects.filter(queue=ANOMALY, subscriber__in=set(subscriber_ids))
        .order_by("subscriber_id", "-opened_at")
        .distinct("subscriber_id")
    )
    return {case.subscriber_id: case for case in cases}
