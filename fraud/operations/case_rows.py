"""Cases under their locks, moved on from step to step; every step is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fraud import news
from fraud.models import Case, CaseEvent
from fraud.policy.cases import CLOSED, INCONCLUSIVE, CaseState, UnknownCase
from outbox.operations import publish

_SHOWN = (
    "status",
    "is_escalated",
    "claimed_by",
    "snoozed_until",
    "proposed_by",
    "verdict",
    "has_lapsed",
)


def lock_cases(case_ids: Sequence[int]) -> list[Case]:
    """Lock cases in the order of their ids.

    Raises:
        UnknownCase: an id was never seen.
    """
    wanted = sorted(set(case_ids))
    found = list(Case.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    if len(found) < len(wanted):
        raise UnknownCase
    return found


def state_of(case: Case) -> CaseState:
    """What the policy asks of a case."""
    return CaseState(
        case.status, case.claimed_by, case.claimed_at, case.is_escalated, case.proposed_by
    )


def step(
    case: Case,
    name: str,
    changes: dict[str, Any],
    *,
    by: str,
    reason: str,
    now: datetime,
    more: dict[str, object] | None = None,
) -> None:
    """Change a case and keep the step: what differs, before and after, who and why."""
    before = _shown(case)
    for column, value in changes.items():
        setattr(case, column, value)
    case.save(update_fields=list(changes))
    after = _shown(case)
    differs = [column for column in _SHOWN if before[column] != after[column]]
    CaseEvent.objects.create(
        case=case,
        step=name,
        before={column: before[column] for column in differs},
        after={**{column: after[column] for column in differs}, **(more or {})},
        at=now,
        by=by,
        reason=reason,
    )


FREED: dict[str, Any] = {
    "status": "open",
    "claimed_at": None,
    "claimed_by": None,
    "snoozed_until": None,
}


def close_without_verdict(case: Case, *, by: str, reason: str, now: datetime) -> None:
    """Close a case about which no person decided, and announce it.

    Args:
        by: which machine closes it; one of `loyalty.policy.gate.MACHINES`.
    """
    changes = {
        **FREED,
        "status": CLOSED,
        "verdict": INCONCLUSIVE,
        "decided_at": now,
        "decided_by": by,
    }
    step(case, "close", changes, by=by, reason=reason, now=now)
    said = {
        "case_id": case.pk,
        "subject": {"type": case.subject_type, "id": case.subject_id},
        "verdict": INCONCLUSIVE,
        "decided_by": by,
    }
    publish(name=news.CASE_CLOSED, items=[said], now=now)


def _shown(case: Case) -> dict[str, Any]:
    values = {column: getattr(case, column) for column in _SHOWN}
    until = values["snoozed_until"]
    return {**values, "snoozed_until": until.isoformat() if until is not None else None}
