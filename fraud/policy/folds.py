"""Which users a model learns from, and which it is measured on."""

from typing import NamedTuple

import numpy as np

from fraud.policy.learning import EACH_KIND_MIN
from fraud.policy.samples import Places, Sample

FOLDS = 5


class Fold(NamedTuple):
    """Places of those who are learnt from, and of those who are measured."""

    learnt_from: Places
    measured_on: Places


def disjoint_folds(sample: Sample, *, seed: int) -> list[Fold]:
    """Five folds that share no device and no address, each measured by what the others teach.

    Groups with frauds are dealt out first, so that each fold has about as many. Empty where they
    are too few for that.
    """
    groups, back = np.unique(sample.groups, return_inverse=True)
    users = np.bincount(back)
    frauds = np.bincount(back, weights=sample.truth).astype(np.int64)
    if np.count_nonzero(frauds) < FOLDS or np.count_nonzero(users - frauds) < FOLDS:
        return []
    fold_of = np.zeros(len(groups), dtype=np.int64)
    filled = np.zeros((FOLDS, 2), dtype=np.int64)
    drawn = np.random.default_rng(seed).permutation(len(groups))
    # The largest first: what is left over evens the folds out.
    for group in sorted(drawn.tolist(), key=lambda each: (-frauds[each], -users[each])):
        # Frauds even out first, and users among those that have none.
        counts = filled if frauds[group] else filled[:, ::-1]
        fold = min(range(FOLDS), key=[tuple(row) for row in counts.tolist()].__getitem__)
        fold_of[group] = fold
        filled[fold] += frauds[group], users[group]
    folds = fold_of[back]
    found = [
        Fold(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(FOLDS)
    ]
    return found if all(_can_be_measured(sample, fold, 1) for fold in found) else []


def time_folds(sample: Sample) -> list[Fold]:
    """The later half, measured by what the earlier one teaches; empty if either has too few."""
    half = len(sample.truth) // 2
    fold = Fold(np.arange(half), np.arange(half, len(sample.truth)))
    return [fold] if _can_be_measured(sample, fold, EACH_KIND_MIN) else []


def _can_be_measured(sample: Sample, fold: Fold, at_least: int) -> bool:
    parts = [sample.truth[fold.learnt_from], sample.truth[fold.measured_on]]
    return all(at_least <= int(part.sum()) <= len(part) - at_least for part in parts)
