"""What the clock does with cases: claims and snoozes end, deadlines lapse, none is forgotten."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from fraud import news
from fraud.models import Case
from fraud.operations.case_rows import FREED, close_without_verdict, step
from fraud.operations.follow_verdicts import follow_verdict
from fraud.operations.open_cases import NewCase, open_cases
from fraud.policy.cases import DEADLINES, GATE, INCONCLUSIVE, SAMPLE
from fraud.policy.scoring import LOW
from fraud.policy.verdicts import RELEASE, Verdict
from fraud.queries.benefits import benefits_without_case
from fraud.queries.cases import (
    cases_moved_on,
    lapsed_claims,
    latest_assessments,
    may_be_released,
    overdue_cases,
    redemptions_taken_back,
)
from loyalty.policy.gate import CLOCK
from outbox.operations import publish

CASES_PER_PAGE = 200
_ELSEWHERE = "It was decided elsewhere."
_TAKEN_BACK = "The subscriber took the redemption back."


class Tended(NamedTuple):
    """What a run did."""

    opened: int
    freed: int
    lapsed: int
    closed: int


def tend_cases(*, now: datetime) -> Tended:
    """Open the cases that are missing, free what was claimed or slept too long, let deadlines
    lapse, and close cases whose benefit was decided elsewhere.

    Safe to repeat, to kill and to run in two places: a commit per page of what is due.
    """
    return Tended(
        _until_done(_open_missing, now),
        _until_done(_free, now),
        _until_done(_lapse, now),
        _until_done(_close_moved_on, now),
    )


def _until_done(work: Callable[[datetime], int], now: datetime) -> int:
    done = 0
    while page := work(now):
        done += page
    return done


@transaction.atomic
def _open_missing(now: datetime) -> int:
    found = benefits_without_case(limit=CASES_PER_PAGE)
    known = latest_assessments([(each.type, each.id) for each in found])
    cases = []
    for each in found:
        assessment = known.get((each.type, each.id))
        cases.append(
            NewCase(
                GATE,
                each.type,
                each.id,
                each.subscriber_id,
                each.depends_on_id,
                each.value_minor,
                assessment.pk if assessment is not None else None,
                assessment.score_millionths if assessment is not None else 0,
                assessment.band if assessment is not None else LOW,
            )
        )
    return len(open_cases(cases=cases, now=now))


@transaction.atomic
def _free(now: datetime) -> int:
    cases = lapsed_claims(now=now, limit=CASES_PER_PAGE)
    for case in cases:
        name = "wake" if case.status == "snoozed" else "lapse_claim"
        step(case, name, FREED, by=CLOCK, reason="", now=now)
    return len(cases)


@transaction.atomic
def _lapse(now: datetime) -> int:
    """Let deadlines lapse by their band's policy; the lowest band is let out where it may be."""
    cases = overdue_cases(now=now, limit=CASES_PER_PAGE)
    for case in cases:
        if case.queue == SAMPLE:
            # It was paid, and says nothing about the share of fraud unless somebody looks.
            step(case, "lapse", {"has_lapsed": True}, by=CLOCK, reason="", now=now)
            continue
        if DEADLINES[case.band].policy == RELEASE and may_be_released(case):
            _release(case, now)
            continue
        changes = {"has_lapsed": True, "is_escalated": True}
        step(case, "lapse", changes, by=CLOCK, reason="Nobody decided in time.", now=now)
        said = {"case_id": case.pk, "reason": "Nobody decided in time."}
        publish(name=news.CASE_ESCALATED, items=[said], now=now)
    return len(cases)


def _release(case: Case, now: datetime) -> None:
    reason = "Nobody decided in time, and its band is the lowest."
    verdict = Verdict(INCONCLUSIVE, reason, RELEASE)
    follow_verdict(case=case, verdict=verdict, by=CLOCK, now=now)
    close_without_verdict(case, by=CLOCK, reason=reason, now=now)


@transaction.atomic
def _close_moved_on(now: datetime) -> int:
    cases = cases_moved_on(limit=CASES_PER_PAGE)
    taken_back = redemptions_taken_back(cases)
    for case in cases:
        reason = _TAKEN_BACK if case.pk in taken_back else _ELSEWHERE
        close_without_verdict(case, by=CLOCK, reason=reason, now=now)
    return len(cases)
