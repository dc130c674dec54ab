"""Groups of fresh accounts that behave alike: HDBSCAN over what they did and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import HDBSCAN

from fraud.policy.detectors import Matrix, usual_of
from fraud.policy.features import FEATURES, NAMES

# Fewer are chance, and more are a tariff.
SIZE_MIN, SIZE_MAX = 5, 100
# A group lies this much closer together than accounts usually do, in thousandths.
SPREAD_MAX_THOUSANDTHS = 250
_COLUMNS = np.array([place for place, feature in enumerate(FEATURES) if feature.groups])
_NAMED = 4


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """A group: places of its members among the accounts asked about, and how alike they are."""

    places: tuple[int, ...]
    spread_thousandths: int
    common: list[dict[str, Any]]


def look_alikes(rows: Matrix) -> list[LookAlikes]:
    """Groups of at least five that lie close together, the closest first."""
    if len(rows) < 2 * SIZE_MIN:
        return []
    usual = usual_of(rows)
    # What is missing is told apart by a step as wide as three spreads.
    missing = 3.0 * np.isnan(rows[:, _COLUMNS])
    points = np.hstack([usual.standing(rows)[:, _COLUMNS], missing])
    typical = float(np.median(_distances(points, np.median(points, axis=0)))) or 1.0
    clusters = HDBSCAN(min_cluster_size=SIZE_MIN, min_samples=3, copy=True).fit_predict(points)
    found = []
    for label in range(int(clusters.max()) + 1):
        places = np.flatnonzero(clusters == label)
        centre = np.median(points[places], axis=0)
        spread = round(1000 * float(_distances(points[places], centre).mean()) / typical)
        if len(places) <= SIZE_MAX and spread <= SPREAD_MAX_THOUSANDTHS:
            members = tuple(int(place) for place in places)
            found.append(LookAlikes(members, spread, _common(rows, members)))
    return sorted(found, key=lambda group: (group.spread_thousandths, group.places))


def _distances(points: Matrix, centre: Matrix) -> Matrix:
    found: Matrix = np.linalg.norm(points - centre, axis=1)
    return found


def _common(rows: Matrix, places: Sequence[int]) -> list[dict[str, Any]]:
    """What most tells the group's middle apart from everybody's."""
    usual = usual_of(rows)
    group = rows[list(places)]
    known = [place for place in _COLUMNS if not np.isnan(group[:, place]).any()]
    middle = np.full(len(FEATURES), np.nan)
    middle[known] = np.median(group[:, known], axis=0)
    far = np.abs(usual.standing(middle[None, :])[0])
    order = sorted(known, key=lambda place: -far[place])[:_NAMED]
    return [
        {
            "feature": NAMES[place],
            "value": round(float(middle[place]), 3),
            "usual": round(float(np.nanmedian(rows[:, place])), 3),
        }
        for place in order
    ]
