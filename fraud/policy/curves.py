"""What thresholds catch and stop, and which of them keeps within a limit.

Scores are in millionths, as assessments keep them; a score at the threshold is stopped. Where
curves are made from scores (`fraud.policy.measuring`), half of scientific Python is loaded.
"""

from collections.abc import Sequence
from typing import NamedTuple

from fraud.policy.intervals import Z_95, Share, share_of


class Scored(NamedTuple):
    """A user's score, and whether they turned out to be a fraud."""

    score_millionths: int
    is_fraud: bool


class Point(NamedTuple):
    """What a threshold stops: of the frauds, of the normal users; and how much of that is fraud."""

    score_millionths: int
    caught: Share
    stopped: Share
    precision: Share


class Curve(NamedTuple):
    """Every threshold that makes a difference, from the strictest on.

    `auc` is the area under the ROC curve, `average_precision` that under the PR curve; None where
    only one kind of user was seen.
    """

    points: tuple[Point, ...]
    auc: float | None
    average_precision: float | None


def best_point_within(curve: Curve, limit: float, z: float = Z_95) -> Point | None:
    """The threshold that catches most, while its share of normal users is surely beneath a limit.

    Surely: the upper bound of its interval is. Of thresholds that catch the same, the one that
    stops the fewest. None if no threshold is that strict, as on few users, where even a share
    of nothing may truly be larger.
    """
    best = None
    for point in curve.points:
        if share_of(point.stopped.part, point.stopped.of, z).upper >= limit:
            break
        if best is None or point.caught.part > best.caught.part:
            best = point
    return best


def caught_at(curve: Curve, share: float) -> Share:
    """What is caught of fraud while at most this share of normal users is stopped."""
    within = [point for point in curve.points if point.stopped.value <= share]
    return within[-1].caught if within else share_of(0, _frauds(curve))


def thinned(points: Sequence[Point], at_most: int) -> list[Point]:
    """Enough points to draw a curve by, the first and the last among them."""
    if len(points) <= at_most:
        return list(points)
    step = (len(points) - 1) / (at_most - 1)
    return [points[round(place * step)] for place in range(at_most)]


def _frauds(curve: Curve) -> int:
    return curve.points[0].caught.of if curve.points else 0
