"""Find groups of fresh accounts that behave alike, and show each to a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from fraud.models import LookAlikeGroup, LookAlikeMember
from fraud.operations.open_cases import NewCase, open_cases
from fraud.policy.cases import ANOMALY
from fraud.policy.detectors import matrix_of
from fraud.policy.look_alikes import LookAlikes, look_alikes
from fraud.policy.scoring import LOW
from fraud.queries.anomalies import points_at_risk
from fraud.queries.asked import REGISTRATION
from fraud.queries.features import Moment, features_of
from fraud.queries.look_alikes import Fresh, fresh_accounts, seen_in_anomaly_cases
from loyalty.queries.terms import terms_calendar

GROUPS_PER_RUN = 10


class FoundGroups(NamedTuple):
    """How many groups a run found, and for how many it opened a case."""

    groups: int
    cases: int


@transaction.atomic
def find_look_alikes(*, now: datetime) -> FoundGroups:
    """Group the fresh accounts that took or could take a benefit; once per moment.

    Each group of which nobody has been looked at lately gets one case, about the member who
    came first, for which the others are named as linked.
    """
    if LookAlikeGroup.objects.filter(found_at=now).exists():
        return FoundGroups(0, 0)
    fresh = fresh_accounts(at=now)
    rows = matrix_of(features_of([Moment(each.subscriber_id, now) for each in fresh]))

    found = look_alikes(rows)[:GROUPS_PER_RUN]

    _keep(found, fresh, now)
    return FoundGroups(len(found), _open_cases(found, fresh, now))


def _keep(found: Sequence[LookAlikes], fresh: Sequence[Fresh], now: datetime) -> None:
    groups = LookAlikeGroup.objects.bulk_create(
        LookAlikeGroup(
            found_at=now,
            number=number,
            size=len(each.places),
            spread_thousandths=each.spread_thousandths,
            common=each.common,
        )
        for number, each in enumerate(found, start=1)
    )
    LookAlikeMember.objects.bulk_create(
        LookAlikeMember(group=group, subscriber_id=fresh[place].subscriber_id)
        for group, each in zip(groups, found, strict=True)
        for place in each.places
    )


def _open_cases(found: Sequence[LookAlikes], fresh: Sequence[Fresh], now: datetime) -> int:
    members = {place: fresh[place] for group in found for place in group.places}
    known = seen_in_anomaly_cases([each.subscriber_id for each in members.values()], at=now)
    at_risk = points_at_risk([each.subscriber_id for each in members.values()])
    value = terms_calendar().at(now).terms.point_value_minor
    cases = []
    for group in found:
        those = sorted((members[place] for place in group.places), key=lambda each: each.came)
        if any(each.subscriber_id in known for each in those):
            continue
        names = ", ".join(each.external_id for each in those)
        points = sum(at_risk.get(each.subscriber_id, 0) for each in those)
        first = those[0]
        cases.append(
            NewCase(
                ANOMALY,
                REGISTRATION,
                first.external_id,
                first.subscriber_id,
                None,
                points * value,
                None,
                0,
                LOW,
                reason=f"{len(those)} fresh accounts behave alike: {names}"[:500],
                by="anomalies",
                found={"alike": len(those), "measures": group.common},
            )
        )
    return len(open_cases(cases=cases, now=now))
