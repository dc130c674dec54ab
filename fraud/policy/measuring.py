"""How well scores tell fraud from normal users.

Scores are in millionths, as assessments keep them; a score at the threshold is stopped.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from fraud.policy.curves import Curve, Point, Scored
from fraud.policy.intervals import share_of


def curve_of(scored: Sequence[Scored]) -> Curve:
    """The ROC and PR curves of scores."""
    if not scored:
        return Curve((), None, None)
    scores = np.array([each.score_millionths for each in scored], dtype=np.int64)
    is_fraud = np.array([each.is_fraud for each in scored])
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    frauds = np.cumsum(is_fraud[order])
    # Where equal scores end: nobody can be stopped without those who score the same.
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    caught_in_all = int(frauds[-1])
    points = tuple(
        _point(int(ordered[end]), int(frauds[end]), int(end) + 1, caught_in_all, len(scored))
        for end in ends
    )
    if caught_in_all in (0, len(scored)):
        return Curve(points, None, None)
    return Curve(
        points,
        float(roc_auc_score(is_fraud, scores)),
        float(average_precision_score(is_fraud, scores)),
    )


def point_at(scored: Sequence[Scored], score_millionths: int) -> Point:
    """What one threshold stops."""
    stopped = [each for each in scored if each.score_millionths >= score_millionths]
    caught = sum(each.is_fraud for each in stopped)
    frauds = sum(each.is_fraud for each in scored)
    return _point(score_millionths, caught, len(stopped), frauds, len(scored))


def _point(score_millionths: int, caught: int, stopped: int, frauds: int, users: int) -> Point:
    return Point(
        score_millionths,
        share_of(caught, frauds),
        share_of(stopped - caught, users - frauds),
        share_of(caught, stopped),
    )
