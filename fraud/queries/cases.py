"""The queue: which cases wait, in the order in which they are worth an analyst's time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from fraud.models import Assessment, Case
from fraud.models.cases import QUEUE_ORDER
from fraud.policy.cases import (
    CLAIM_LASTS,
    CLAIMED,
    CLOSED,
    GATE,
    OPEN,
    SNOOZED,
    Analyst,
    UnknownCase,
)
from loyalty.models import GateChange, Payout, Redemption


def is_free(now: datetime) -> Q:
    """Cases that nobody holds, and that don't sleep."""
    return (
        Q(status=OPEN)
        | Q(status=SNOOZED, snoozed_until__lte=now)
        | Q(status=CLAIMED, claimed_at__lte=now - CLAIM_LASTS)
    )


def is_to_do(by: Analyst, now: datetime) -> Q:
    """Cases that this analyst can work on now: free ones that are theirs to take, and their own.

    An escalated case is a senior's, and nobody decides over what they have proposed.
    """
    own = Q(status=CLAIMED, claimed_by=by.name, claimed_at__gt=now - CLAIM_LASTS)
    return own | is_free(now) & _may_be_taken(by)


def _may_be_taken(by: Analyst) -> Q:
    may = Q(proposed_by__isnull=True) | ~Q(proposed_by=by.name)
    return may if by.is_senior else may & Q(is_escalated=False)


def next_in_queue(*, by: Analyst, now: datetime, queue: str = "") -> Case | None:
    """The first case that this analyst may take, locked; what others are taking is passed over."""
    waiting = Case.objects.exclude(status=CLOSED).filter(is_free(now) & _may_be_taken(by))
    if queue:
        waiting = waiting.filter(queue=queue)
    return waiting.order_by(*QUEUE_ORDER).select_for_update(skip_locked=True, no_key=True).first()


def overdue_cases(*, now: datetime, limit: int) -> list[Case]:
    """Cases whose deadline has passed and has had no consequence yet; locked."""
    return list(
        Case.objects.exclude(status=CLOSED)
        .filter(due_at__lte=now, has_lapsed=False)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True, no_key=True)[:limit]
    )


def lapsed_claims(*, now: datetime, limit: int) -> list[Case]:
    """Cases whose claim or sleep is over; locked."""
    is_over = Q(status=SNOOZED, snoozed_until__lte=now) | Q(
        status=CLAIMED, claimed_at__lte=now - CLAIM_LASTS
    )
    return list(
        Case.objects.filter(is_over)
        .order_by("id")
        .select_for_update(skip_locked=True, no_key=True)[:limit]
    )


def cases_moved_on(*, limit: int) -> list[Case]:
    """Cases of the gate whose benefit is in review no more; locked."""
    payouts = Payout.objects.annotate(text_id=Cast("pk", CharField())).filter(
        text_id=OuterRef("subject_id"), status__in=("requested", "in_review")
    )
    redemptions = Redemption.objects.filter(
        redemption_id=OuterRef("subject_id"), status="in_review"
    )
    waits = Q(Exists(payouts), subject_type="payout") | Q(
        Exists(redemptions), subject_type="redemption"
    )
    return list(
        Case.objects.filter(~waits, queue=GATE)
        .exclude(status=CLOSED)
        .order_by("id")
        .select_for_update(skip_locked=True, no_key=True)[:limit]
    )


def redemptions_taken_back(cases: Sequence[Case]) -> set[int]:
    """Those of these cases whose redemption was released before anybody decided about it."""
    about = {case.subject_id: case.pk for case in cases if case.subject_type == "redemption"}
    released = GateChange.objects.filter(
        subject_type="redemption", subject_id__in=about, step="release"
    )
    return {about[name] for name in released.values_list("subject_id", flat=True)}


def latest_assessments(
    subjects: Sequence[tuple[str, str]],
) -> dict[tuple[str, str], Assessment]:
    """The last assessment of each subject under a live rule set."""
    found: dict[tuple[str, str], Assessment] = {}
    for subject_type in {kind for kind, _ in subjects}:
        ids = [subject_id for kind, subject_id in subjects if kind == subject_type]
        assessments = (
            Assessment.objects.filter(
                subject_type=subject_type, subject_id__in=ids, is_shadow=False
            )
            .order_by("subject_id", "-id")
            .distinct("subject_id")
        )
        found |= {(subject_type, each.subject_id): each for each in assessments}
    return found


def may_be_released(case: Case) -> bool:
    """Whether the clock may let out what nobody looked at: no cap and no second person holds it."""
    if case.subject_type == "redemption":
        return True
    if case.subject_type != "payout":
        return False
    payout = Payout.objects.get(pk=UUID(case.subject_id))
    held_by_cap = any(reason["code"].startswith(("cap_", "above_cap")) for reason in payout.reasons)
    return not held_by_cap and payout.value_minor <= payout.four_eyes_above_minor


def cases_with_parties() -> QuerySet[Case]:
    """Cases, each with its subscriber, the other party and the assessment."""
    return Case.objects.select_related("subscriber", "other", "assessment")


def case_numbered(case_id: int) -> Case:
    """A case with its parties.

    Raises:
        UnknownCase: the id was never seen.
    """
    case = cases_with_parties().filter(pk=case_id).first()
    if case is None:
        raise UnknownCase
    return case
