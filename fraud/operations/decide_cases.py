"""Decide over cases: the verdict, its consequences and its record are one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from fraud import news
from fraud.models import Case, CaseEvent, RuleSnooze
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.case_rows import FREED, lock_cases, state_of, step
from fraud.operations.follow_verdicts import follow_verdict
from fraud.operations.set_standings import set_standings
from fraud.operations.stop_payouts import freeze_payouts_of, unfreeze_payouts_of
from fraud.policy.cases import (
    CLAIMED,
    CLOSED,
    Analyst,
    refusal_for_claim,
    refusal_for_step,
)
from fraud.policy.courses import person_course
from fraud.policy.verdicts import Verdict, refusal_for_verdict
from fraud.queries.people import focus_of
from outbox.operations import publish
from trail.acting import acting


class Decided(NamedTuple):
    """A case after a verdict; above the four-eyes limit the first one is a proposal."""

    case: Case
    is_final: bool
    is_replay: bool = False


@transaction.atomic
def decide_case(*, case_id: int, verdict: Verdict, by: Analyst, now: datetime) -> Decided:
    """Decide over a claimed case, with all its consequences, or none.

    Fraud refuses or takes back the benefit, blocks the identifiers and linked accounts chosen
    and the subscriber; a false positive lets it out and clears the subscriber's name. Safe to
    repeat: whoever gave this verdict before is told so.

    Raises:
        UnknownCase, CaseClosed, CaseNotClaimed, CaseNotYours: only its holder decides.
        InvalidVerdict, CaseReasonMissing: it can't be said like that.
        UnknownIdentifier: what is to be blocked was never seen.
        SecondVerdictNeeded: whoever proposed it says the same again.
        StepNotPossible: the benefit has moved on meanwhile.
    """
    [case] = lock_cases([case_id])
    given = _given_before(case, verdict, by)
    if given is not None:
        return Decided(case, is_final=given == "decide", is_replay=True)
    refusal = refusal_for_step(state_of(case), by, now) or refusal_for_verdict(verdict, now)
    if refusal is not None:
        raise refusal
    return _decide(case, verdict, by, now)


@transaction.atomic
def decide_cases(
    *, case_ids: Sequence[int], verdict: Verdict, by: Analyst, now: datetime
) -> list[Decided]:
    """Decide over many cases alike, claimed by nobody else; all, or none.

    Args:
        case_ids: at most 500.

    Raises:
        As `decide_case`; CaseNeedsSenior, SecondAnalystNeeded: one is not theirs to take.
    """
    cases = lock_cases(case_ids)
    refusal = refusal_for_verdict(verdict, now)
    for case in cases:
        refusal = refusal or refusal_for_claim(state_of(case), by, now)
    if refusal is not None:
        raise refusal
    return [_decide(case, verdict, by, now) for case in cases]


def _given_before(case: Case, verdict: Verdict, by: Analyst) -> str | None:
    """The step by which this person gave this very verdict before, with all its consequences."""
    name = {case.decided_by: "decide", case.proposed_by: "propose"}.get(by.name)
    if name is None or (case.status == CLAIMED and case.claimed_by == by.name):
        return None
    steps = CaseEvent.objects.filter(case=case, step=name, by=by.name).order_by("-id")
    return name if any(verdict.is_told_by(step.after) for step in steps[:1]) else None


def _decide(case: Case, verdict: Verdict, by: Analyst, now: datetime) -> Decided:
    if not follow_verdict(case=case, verdict=verdict, by=by.name, now=now):
        changes = {**FREED, "proposed_at": now, "proposed_by": by.name}
        step(case, "propose", changes, by=by.name, reason=verdict.reason, now=now,
             more=verdict.content())  # fmt: skip
        return Decided(case, is_final=False)
    with acting(by=by.name, reason=verdict.reason):
        _follow_person(case, verdict, by.name, now)
    changes = {
        **FREED,
        "status": CLOSED,
        "verdict": verdict.verdict,
        "decided_at": now,
        "decided_by": by.name,
    }
    step(case, "decide", changes, by=by.name, reason=verdict.reason, now=now,
         more=verdict.content())  # fmt: skip
    said = {
        "case_id": case.pk,
        "subject": {"type": case.subject_type, "id": case.subject_id},
        "verdict": verdict.verdict,
        "decided_by": by.name,
    }
    publish(name=news.CASE_CLOSED, items=[said], now=now)
    return Decided(case, is_final=True)


def _follow_person(case: Case, verdict: Verdict, by: str, now: datetime) -> None:
    """What the verdict means for the subscriber, their identifiers and linked accounts."""
    focus = focus_of(case)
    course = person_course(case.queue, verdict.verdict)
    if course.standing is not None:
        set_standings(
            subscriber_ids=[focus, *verdict.linked],
            standing=course.standing,
            reason=verdict.reason,
            by=by,
            now=now,
        )
    if course.freezes:
        freeze_payouts_of(
            subscriber_ids=[focus, *verdict.linked], reason=verdict.reason, by=by, now=now
        )
    if verdict.block:
        block_identifiers(
            identifier_ids=verdict.block,
            reason=verdict.reason,
            source=f"case {case.pk}",
            by=by,
            now=now,
        )
    if course.unfreezes:
        unfreeze_payouts_of(subscriber_ids=[focus], reason=verdict.reason, by=by, now=now)
    if verdict.snooze_until is not None:
        RuleSnooze.objects.bulk_create(
            RuleSnooze(
                subscriber_id=focus,
                rule=rule,
                until=verdict.snooze_until,
                reason=verdict.reason,
                set_at=now,
                set_by=by,
            )
            for rule in verdict.snooze_rules
        )
