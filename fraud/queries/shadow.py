"""What a rule set in shadow would have done differently from the live one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Max, Min, Q

from accounts.models import Subscriber
from fraud.models import Assessment, Case
from loyalty.models import Redemption

SUBJECTS_SHOWN = 100

# A subject that was screened more often counts once, as it was found last.
_PAIRS = """
    SELECT live.outcome, shadow.outcome, shadow.value_minor, shadow.subject_type,
        shadow.subject_id, shadow.subscriber_id, live.score_millionths, shadow.score_millionths
    FROM (
        SELECT DISTINCT ON (a.subject_type, a.subject_id) a.*
        FROM fraud_assessment a
        WHERE a.is_shadow AND a.rule_set = %s AND a.assessed_at >= %s AND a.assessed_at < %s
        ORDER BY a.subject_type, a.subject_id, a.id DESC
    ) shadow
    CROSS JOIN LATERAL (
        SELECT b.outcome, b.score_millionths FROM fraud_assessment b
        WHERE b.subject_type = shadow.subject_type AND b.subject_id = shadow.subject_id
            AND NOT b.is_shadow AND b.assessed_at < %s
        ORDER BY b.id DESC LIMIT 1
    ) live
    ORDER BY shadow.value_minor DESC, shadow.id
"""


class Differing(NamedTuple):
    """A subject that a shadow judged otherwise than the live rule set."""

    subject_type: str
    subject_id: str
    subscriber_id: int
    value_minor: int
    live_score_millionths: int
    shadow_score_millionths: int


@dataclass(frozen=True, slots=True)
class Difference:
    """All subjects whose outcome would have been another one, in the same way.

    Attributes:
        subjects: the most valuable ones, at most 100.
    """

    live: str
    shadow: str
    count: int
    value_minor: int
    subjects: tuple[Differing, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """All subjects that both judged alike."""

    outcome: str
    count: int
    value_minor: int


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """How many subjects both judged, which alike, and how the shadow's outcomes differ."""

    number: int
    compared: int
    agreements: tuple[Agreement, ...]
    differences: tuple[Difference, ...]


class ShadowSpan(NamedTuple):
    """When a shadow assessed anything first and last."""

    first_at: datetime
    last_at: datetime


class Around(NamedTuple):
    """What the subjects of a report lead to.

    Attributes:
        cases: the last one of each subject, by its type and id.
        redemptions: their keys, by id.
    """

    subscribers: Mapping[int, Subscriber]
    cases: Mapping[tuple[str, str], Case]
    redemptions: Mapping[str, Any]


def shadow_differences(*, number: int, since: datetime, until: datetime) -> ShadowReport:
    """What a shadow would have done differently over what it assessed in [since, until)."""
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, [number, since, until, until])
        rows = cursor.fetchall()
    by_way: dict[tuple[str, str], list[Differing]] = {}
    alike: dict[str, list[int]] = {}
    for live, shadow, value_minor, kind, name, subscriber_id, was, would_be in rows:
        if live == shadow:
            alike.setdefault(live, []).append(value_minor)
        else:
            each = Differing(kind, name, subscriber_id, value_minor, was, would_be)
            by_way.setdefault((live, shadow), []).append(each)
    agreements = [Agreement(name, len(values), sum(values)) for name, values in alike.items()]
    differences = [_difference(live, shadow, found) for (live, shadow), found in by_way.items()]
    return ShadowReport(
        number,
        len(rows),
        tuple(sorted(agreements, key=lambda each: -each.count)),
        tuple(sorted(differences, key=lambda each: -each.value_minor)),
    )


def shadow_span(*, number: int, since: datetime) -> ShadowSpan | None:
    """When a shadow assessed anything from `since` on; None if it never did.

    What was found before a rule set was proposed for the last time was found by what it said
    then: `since` is that moment.
    """
    found = Assessment.objects.filter(
        is_shadow=True, rule_set=number, assessed_at__gte=since
    ).aggregate(first=Min("assessed_at"), last=Max("assessed_at"))
    return None if found["first"] is None else ShadowSpan(found["first"], found["last"])


def around(subjects: Sequence[Differing]) -> Around:
    """Subscribers, cases and redemptions of subjects, in three statements."""
    keys = {each.subscriber_id for each in subjects}
    cases = Case.objects.filter(Q(subscriber__in=keys) | Q(other__in=keys)).order_by("id")
    redeemed = [each.subject_id for each in subjects if each.subject_type == "redemption"]
    return Around(
        Subscriber.objects.in_bulk(keys),
        {(case.subject_type, case.subject_id): case for case in cases},
        dict(
            Redemption.objects.filter(redemption_id__in=redeemed).values_list("redemption_id", "pk")
        ),
    )


def _difference(live: str, shadow: str, found: Sequence[Differing]) -> Difference:
    value_minor = sum(each.value_minor for each in found)
    return Difference(live, shadow, len(found), value_minor, tuple(found[:SUBJECTS_SHOWN]))
