"""Let rules that a false positive silenced act again before their time."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from fraud.models import RuleSnooze
from fraud.policy.cases import CaseReasonMissing
from kernel.refusals import NotFound
from trail.acting import acting


class UnknownRuleSnooze(NotFound):
    code = "unknown_rule_snooze"
    title = "There is no rule that was silenced under this id."


@transaction.atomic
def end_rule_snoozes(*, snooze_ids: Sequence[int], reason: str, by: str, now: datetime) -> int:
    """Let rules act again about their subscribers; safe to repeat.

    Args:
        reason: kept in the trail.

    Returns:
        How many were still silent.

    Raises:
        CaseReasonMissing: nobody would know why.
        UnknownRuleSnooze: an id was never seen.
    """
    if not reason.strip():
        raise CaseReasonMissing
    wanted = set(snooze_ids)
    snoozes = RuleSnooze.objects.filter(pk__in=wanted)
    if snoozes.count() < len(wanted):
        raise UnknownRuleSnooze
    silent = snoozes.filter(ended_at__isnull=True, until__gt=now)
    with acting(by=by, reason=reason):
        return silent.update(ended_at=now, ended_by=by)
