"""What the pages of trials show beside a trial."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fraud.models import Case, Trial
from fraud.policy.rule_set_changes import content_digest
from fraud.policy.rulesets import InvalidRuleSet, RuleSet
from fraud.policy.trials import BACKTEST, CALIBRATION

# Of all versions together; what is older is in the list of trials.
TRIALS_READ = 300


def cases_of(subjects: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of the last case over each subject, by its type and id."""
    found = Case.objects.filter(
        subject_type__in={kind for kind, _ in subjects},
        subject_id__in={subject_id for _, subject_id in subjects},
    )
    return {
        (case.subject_type, case.subject_id): case.pk
        for case in found.only("subject_type", "subject_id").order_by("id")
    }


class Tried(NamedTuple):
    """A backtest or a calibration in short; of one that has no result yet, figures are None.

    Attributes:
        digest: of what it judged; empty if that can't be read as a rule set any more.
        rules: what it judged.
        would_be: how a backtest's outcomes compare with verdicts.
        accepted: a calibration's threshold.
    """

    trial_id: int
    kind: str
    rule_set: int
    status: str
    since: datetime
    until: datetime
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    rules: Mapping[str, Any]
    digest: str
    value_minor: int | None
    stopped_minor: int | None
    released_minor: int | None
    would_be: Mapping[str, int] | None
    accepted: Mapping[str, Any] | None


_HEADLINE = ("value_minor", "stopped_minor", "released_minor", "would_be", "accepted")
_COLUMNS = (
    "id", "kind", "rule_set_id", "status", "since", "until", "requested_by", "requested_at",
    "finished_at", "rules",
)  # fmt: skip


def latest_trials(limit: int = TRIALS_READ) -> list[Tried]:
    """The latest backtests and calibrations, the newest first, without their long results."""
    figures = (f"result__{name}" for name in _HEADLINE)
    rows = Trial.objects.filter(kind__in=(BACKTEST, CALIBRATION)).order_by("-id")
    return [_tried(row) for row in rows.values_list(*_COLUMNS, *figures)[:limit]]


def _tried(row: Sequence[Any]) -> Tried:
    known, figures = row[: len(_COLUMNS)], row[len(_COLUMNS) :]
    return Tried._make((*known, _digest(known[-1]), *figures))


def _digest(content: Mapping[str, Any]) -> str:
    try:
        return content_digest(RuleSet.from_content(content))
    except InvalidRuleSet:
        return ""
