"""What a case's page shows beside the case: its subject, its steps, its parties."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from fraud.models import Case, CaseEvent, RuleSnooze, SubscriberStanding
from fraud.policy.cases import CLAIM_LASTS
from loyalty.models import Payout, Redemption
from referrals.models import Referral

EARLIER_MAX = 20
UNMASK = "unmask"


class Subject(NamedTuple):
    """What a case is about; one of these at most, and none for a registration."""

    payout: Payout | None = None
    redemption: Redemption | None = None
    referral: Referral | None = None

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Why the gate holds it, as it keeps that."""
        held = self.payout or self.redemption
        return list(held.reasons) if held is not None else []


def subject_of(case: Case) -> Subject:
    """What a case is about."""
    if case.subject_type == "payout":
        return Subject(payout=Payout.objects.filter(pk=UUID(case.subject_id)).first())
    if case.subject_type == "redemption":
        found = Redemption.objects.filter(redemption_id=case.subject_id).first()
        return Subject(redemption=found)
    if case.subject_type == "join":
        return Subject(referral=Referral.objects.filter(referral_id=case.subject_id).first())
    return Subject()


def steps_of(case: Case) -> list[CaseEvent]:
    """The steps that were taken with a case, the first one first."""
    return list(CaseEvent.objects.filter(case=case).order_by("id"))


def proposal_among(case: Case, steps: Sequence[CaseEvent]) -> CaseEvent | None:
    """The first of two verdicts that waits for the second; None if none does."""
    if case.proposed_by is None or case.status == "closed":
        return None
    return next((step for step in reversed(steps) if step.step == "propose"), None)


def shown_to(steps: Sequence[CaseEvent], by: str, now: datetime) -> set[int]:
    """Identifiers whose hints somebody has asked to see, for as long as a claim lasts."""
    return {
        key
        for step in steps
        if step.step == UNMASK and step.by == by and now - step.at < CLAIM_LASTS
        for key in step.after["identifiers"]
    }


def earlier_cases(case: Case, subscriber_ids: Sequence[int]) -> list[Case]:
    """Other cases of the same subscribers, the latest first."""
    return list(
        Case.objects.filter(Q(subscriber__in=subscriber_ids) | Q(other__in=subscriber_ids))
        .exclude(pk=case.pk)
        .select_related("subscriber")
        .order_by("-opened_at")[:EARLIER_MAX]
    )


def standings_of(subscriber_ids: Sequence[int]) -> dict[int, SubscriberStanding]:
    """What is thought of subscribers; whoever is absent is in normal standing."""
    found = SubscriberStanding.objects.filter(subscriber__in=subscriber_ids)
    return {standing.subscriber_id: standing for standing in found}


def snoozes_of(subscriber_ids: Sequence[int], now: datetime) -> list[RuleSnooze]:
    """Rules that are silent about subscribers at the moment."""
    return list(
        RuleSnooze.objects.filter(
            subscriber__in=subscriber_ids, until__gt=now, ended_at__isnull=True
        ).order_by("until")
    )
