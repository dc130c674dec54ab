"""Trials of rule sets: what is tried, and what was found as JSON values.

Money is in kopecks, scores and shares that were asked for are in millionths; counted shares are
their two numbers, from which `share_of` makes the interval anew.
"""

from datetime import datetime
from typing import Any

from fraud.policy.backtest import Backtest, Confusion
from fraud.policy.comparisons import Comparison, Proposal
from fraud.policy.curves import Curve, Point, thinned
from fraud.policy.intervals import Share
from fraud.policy.rule_set_changes import RuleSetChange, told
from kernel.refusals import NotFound, Refusal

BACKTEST, CALIBRATION, LEARNING = "backtest", "calibration", "learning"
TRIAL_KINDS = (BACKTEST, CALIBRATION, LEARNING)
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
TRIAL_STATUSES = (WAITING, RUNNING, DONE, FAILED)

MILLION = 1_000_000
MINUTES_PER_CASE_MAX = 24 * 60
_POINTS_KEPT = 200


class UnknownTrial(NotFound):
    code = "unknown_trial"
    title = "There is no trial with this number."


class InvalidTrial(Refusal):
    code = "invalid_trial"
    title = "This can't be tried."


class TrialHasNoThreshold(Refusal):
    code = "trial_has_no_threshold"
    title = "This trial has accepted no threshold."


def fault_in(
    *, since: datetime, until: datetime, false_positives_max_millionths: int | None = None
) -> str | None:
    """Why something can't be tried, or None."""
    if since >= until:
        return "A window ends after it begins."
    limit = false_positives_max_millionths
    if limit is not None and not 0 < limit < MILLION:
        return "The limit is a share between 0 and 1."
    return None


def backtest_content(found: Backtest) -> dict[str, Any]:
    """What a backtest found."""
    return {
        "subjects": found.subjects,
        "value_minor": found.value_minor,
        "stopped_minor": found.stopped_minor,
        "released_minor": found.released_minor,
        "ways": [way._asdict() for way in found.ways],
        "happened": _confusion_content(found.happened),
        "would_be": _confusion_content(found.would_be),
        "flipped": found.flipped,
        "flips": [flip._asdict() for flip in found.flips],
        "reviews": found.reviews,
        "would_review": found.would_review,
        "minutes_per_case": found.minutes_per_case,
        "hours": found.hours,
        "would_take_hours": found.would_take_hours,
    }


def calibration_content(
    curve: Curve, accepted: Point | None, *, frauds: int, normal: int, undecided: int
) -> dict[str, Any]:
    """What a calibration found; of its points, at most 200."""
    return {
        "frauds": frauds,
        "normal": normal,
        "undecided": undecided,
        "auc": curve.auc,
        "average_precision": curve.average_precision,
        "accepted": None if accepted is None else _point_content(accepted),
        "points": [_point_content(point) for point in thinned(curve.points, _POINTS_KEPT)],
    }


def learning_content(
    changes: list[RuleSetChange],
    *,
    proposal: Proposal,
    frauds: int,
    normal: int,
    auc_before: float | None,
    auc: float | None,
) -> dict[str, Any]:
    """What was learnt."""
    return {
        "frauds": frauds,
        "normal": normal,
        "auc_before": auc_before,
        "auc": auc,
        "model": proposal.model,
        "comparisons": [each.content() for each in proposal.comparisons],
        "changes": [
            {"path": each.path, "old": told(each.old), "new": told(each.new)} for each in changes
        ],
    }


def comparisons_of(result: dict[str, Any]) -> list[Comparison]:
    """The comparisons that a trial kept; those of before both models were tried kept none."""
    return [Comparison.from_content(each) for each in result.get("comparisons", ())]


def _confusion_content(confusion: Confusion) -> dict[str, int]:
    return {
        "true_positives": confusion.true_positives,
        "false_positives": confusion.false_positives,
        "true_negatives": confusion.true_negatives,
        "false_negatives": confusion.false_negatives,
    }


def _point_content(point: Point) -> dict[str, Any]:
    return {
        "score_millionths": point.score_millionths,
        "caught": _share_content(point.caught),
        "stopped": _share_content(point.stopped),
        "precision": _share_content(point.precision),
    }


def _share_content(share: Share) -> list[int]:
    return [share.part, share.of]
