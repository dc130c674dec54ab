"""Decide over a case and take the next one: what an analyst does all day."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from fraud.models import Case
from fraud.operations.decide_cases import Decided, decide_case
from fraud.operations.work_cases import claim_next_case
from fraud.policy.cases import Analyst
from fraud.policy.verdicts import Verdict


class WentOn(NamedTuple):
    """What became of a case, and the next one; None when there is nothing more to do."""

    decided: Decided
    next: Case | None


@transaction.atomic
def decide_and_go_on(
    *, case_id: int, verdict: Verdict, by: Analyst, now: datetime, queue: str = ""
) -> WentOn:
    """Decide over a claimed case and take the next one, or neither.

    Args:
        queue: where the next one is to come from; anywhere if empty.

    Raises:
        As `decide_case`.
    """
    decided = decide_case(case_id=case_id, verdict=verdict, by=by, now=now)
    return WentOn(decided, claim_next_case(by=by, now=now, queue=queue))
