"""Open cases for subjects that a person has to look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fraud import news
from fraud.models import Case, CaseEvent
from fraud.policy.cases import DEADLINES, OPEN
from kernel.money import decimal_string
from outbox.operations import publish


class NewCase(NamedTuple):
    """A subject to look at, with what its screening found.

    Attributes:
        reason: why, where no assessment says so.
        by: who found it.
    """

    queue: str
    subject_type: str
    subject_id: str
    subscriber_id: int
    other_id: int | None
    value_minor: int
    assessment_id: int | None
    score_millionths: int
    band: str
    reason: str = ""
    by: str = "screen"


def open_cases(*, cases: Sequence[NewCase], now: datetime) -> list[Case]:
    """Open a case for each subject that has none open; those that were opened.

    Safe to repeat: a subject has one open case at most.
    """
    if not cases:
        return []
    wanted = [
        Case(
            queue=new.queue,
            subject_type=new.subject_type,
            subject_id=new.subject_id,
            subscriber_id=new.subscriber_id,
            other_id=new.other_id if new.other_id != new.subscriber_id else None,
            assessment_id=new.assessment_id,
            value_minor=new.value_minor,
            score_millionths=new.score_millionths,
            band=new.band,
            status=OPEN,
            opened_at=now,
            due_at=now + DEADLINES[new.band].after,
        )
        for new in cases
    ]
    known = _open_subjects(wanted)
    Case.objects.bulk_create(
        [case for case in wanted if (case.subject_type, case.subject_id) not in known],
        ignore_conflicts=True,
    )
    made = [
        case
        for key, case in _open_subjects(wanted).items()
        if key not in known and case.opened_at == now
    ]
    said = {(new.subject_type, new.subject_id): (new.by, new.reason) for new in cases}
    CaseEvent.objects.bulk_create(
        CaseEvent(
            case=case,
            step="open",
            before={},
            after={"status": case.status, "queue": case.queue, "band": case.band},
            at=now,
            by=said[case.subject_type, case.subject_id][0],
            reason=said[case.subject_type, case.subject_id][1],
        )
        for case in made
    )
    publish(name=news.CASE_OPENED, items=[_said(case) for case in made], now=now)
    return made


def _open_subjects(cases: Sequence[Case]) -> dict[tuple[str, str], Case]:
    found: dict[tuple[str, str], Case] = {}
    for subject_type in {case.subject_type for case in cases}:
        ids = [case.subject_id for case in cases if case.subject_type == subject_type]
        open_ones = Case.objects.exclude(status="closed").filter(
            subject_type=subject_type, subject_id__in=ids
        )
        found |= {(case.subject_type, case.subject_id): case for case in open_ones}
    return found


def _said(case: Case) -> dict[str, object]:
    return {
        "case_id": case.pk,
        "queue": case.queue,
        "subject": {"type": case.subject_type, "id": case.subject_id},
        "band": case.band,
        "value": decimal_string(case.value_minor),
        "due_at": case.due_at,
    }
