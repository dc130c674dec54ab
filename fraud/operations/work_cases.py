"""Take a case, give it back, let it sleep, hand it up."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from fraud import news
from fraud.models import Case, CaseEvent
from fraud.operations.case_rows import FREED, lock_cases, state_of, step
from fraud.policy.cases import (
    CLAIMED,
    SNOOZED,
    Analyst,
    CaseReasonMissing,
    refusal_for_claim,
    refusal_for_snooze,
    refusal_for_step,
)
from fraud.queries.cases import next_in_queue
from outbox.operations import publish


class Stepped(NamedTuple):
    """A case after a step; a step that is repeated is a replay."""

    case: Case
    is_replay: bool = False


@transaction.atomic
def claim_case(*, case_id: int, by: Analyst, now: datetime) -> Case:
    """Take a case for 60 minutes; whoever holds it already goes on holding it from now.

    Raises:
        UnknownCase: the id was never seen.
        CaseClosed, CaseNotYours, CaseNeedsSenior, SecondAnalystNeeded: it is not theirs to take.
    """
    [case] = lock_cases([case_id])
    refusal = refusal_for_claim(state_of(case), by, now)
    if refusal is not None:
        raise refusal
    _take(case, by, now)
    return case


@transaction.atomic
def claim_next_case(*, by: Analyst, now: datetime, queue: str = "") -> Case | None:
    """Take the first case of the queue that nobody holds; None when there is nothing to do.

    Two who ask at once get two different cases.
    """
    case = next_in_queue(by=by, now=now, queue=queue)
    if case is not None:
        _take(case, by, now)
    return case


@transaction.atomic
def give_case_back(*, case_id: int, by: Analyst, reason: str, now: datetime) -> Case:
    """Let others take a claimed case again.

    Raises:
        UnknownCase, CaseClosed, CaseNotClaimed, CaseNotYours: only its holder can.
    """
    case = _held(case_id, by, now)
    step(case, "give_back", FREED, by=by.name, reason=reason, now=now)
    return case


@transaction.atomic
def snooze_case(
    *, case_id: int, until: datetime, by: Analyst, reason: str, now: datetime
) -> Stepped:
    """Take a claimed case out of the queue until a moment; its deadline stays.

    Safe to repeat: whoever snoozed it so before is told so.

    Raises:
        UnknownCase, CaseClosed, CaseNotClaimed, CaseNotYours: only its holder can.
        SnoozeInThePast, SnoozeTooLong: not until then.
        CaseReasonMissing: nobody would know why.
    """
    [case] = lock_cases([case_id])

    def is_same(step: CaseEvent) -> bool:
        said = step.after.get("snoozed_until")
        return said is not None and datetime.fromisoformat(said) == until

    if _is_repeated(case, "snooze", by, reason, now, is_same):
        return Stepped(case, is_replay=True)
    _demand_hold(case, by, now)
    refusal = refusal_for_snooze(until, now)
    if refusal is not None:
        raise refusal
    if not reason.strip():
        raise CaseReasonMissing
    changes = {**FREED, "status": SNOOZED, "snoozed_until": until}
    step(case, "snooze", changes, by=by.name, reason=reason, now=now)
    return Stepped(case)


@transaction.atomic
def escalate_case(*, case_id: int, by: Analyst, reason: str, now: datetime) -> Stepped:
    """Hand a claimed case to the seniors.

    Safe to repeat: whoever escalated it so before is told so.

    Raises:
        UnknownCase, CaseClosed, CaseNotClaimed, CaseNotYours: only its holder can.
        CaseReasonMissing: nobody would know why.
    """
    [case] = lock_cases([case_id])
    if _is_repeated(case, "escalate", by, reason, now, lambda step: True):
        return Stepped(case, is_replay=True)
    _demand_hold(case, by, now)
    if not reason.strip():
        raise CaseReasonMissing
    changes = {**FREED, "is_escalated": True}
    step(case, "escalate", changes, by=by.name, reason=reason, now=now)
    publish(name=news.CASE_ESCALATED, items=[{"case_id": case.pk, "reason": reason}], now=now)
    return Stepped(case)


def _held(case_id: int, by: Analyst, now: datetime) -> Case:
    [case] = lock_cases([case_id])
    _demand_hold(case, by, now)
    return case


def _demand_hold(case: Case, by: Analyst, now: datetime) -> None:
    refusal = refusal_for_step(state_of(case), by, now)
    if refusal is not None:
        raise refusal


def _is_repeated(
    case: Case,
    name: str,
    by: Analyst,
    reason: str,
    now: datetime,
    is_same: Callable[[CaseEvent], bool],
) -> bool:
    """Whether somebody took this very step before; whoever holds the case takes a new one."""
    if state_of(case).holder(now) == by.name:
        return False
    taken = CaseEvent.objects.filter(case=case, step=name, by=by.name, reason=reason)
    return any(is_same(step) for step in taken)


def _take(case: Case, by: Analyst, now: datetime) -> None:
    changes = {
        "status": CLAIMED,
        "claimed_at": now,
        "claimed_by": by.name,
        "snoozed_until": None,
    }
    step(case, "claim", changes, by=by.name, reason="", now=now)
