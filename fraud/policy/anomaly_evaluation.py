"""Whether a percentile tells fraud apart better than the score alone does."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from fraud.policy.anomalies import Evaluation

Values = NDArray[np.float64]
_RESAMPLES = 2_000


def evaluated(
    *,
    scores: Sequence[float],
    percentiles: Sequence[float],
    frauds: Sequence[bool],
    half: int,
    seed: int,
) -> Evaluation:
    """Weigh score and percentile on the cases before `half`, and compare on those from it on.

    Both rank the later cases: the score as it is, and the two as a logistic regression on the
    earlier ones weighs them. The interval is of the difference between the areas under both ROC
    curves, over cases drawn again with replacement, frauds and normals apart.

    Args:
        scores, percentiles, frauds: of cases in the order of time.
    """
    truth = np.array(frauds, dtype=bool)
    counts = Evaluation(
        (int(truth[:half].sum()), int(truth[half:].sum())),
        (int((~truth[:half]).sum()), int((~truth[half:]).sum())),
    )
    if not counts.has_enough_labels:
        return counts
    columns = np.column_stack([scores, percentiles]).astype(np.float64)
    centre, spread = columns[:half].mean(axis=0), columns[:half].std(axis=0)
    columns = (columns - centre) / np.where(spread > 0, spread, 1.0)
    weighed = LogisticRegression(random_state=seed).fit(columns[:half], truth[:half])
    both = weighed.decision_function(columns[half:])
    later, alone = truth[half:], columns[half:, 0]
    gains = _resampled_gains(alone, both, later, np.random.default_rng(seed))
    low, high = np.percentile(gains, [2.5, 97.5])
    return Evaluation(
        counts.frauds,
        counts.normals,
        score_auc=round(area(alone, later), 6),
        both_auc=round(area(both, later), 6),
        gain_low=round(float(low), 6),
        gain_high=round(float(high), 6),
    )


def area(values: Values, truth: NDArray[np.bool_]) -> float:
    """The area under the ROC curve: how often a fraud has more than a normal (Mann–Whitney)."""
    normals = np.sort(values[~truth])
    below = np.searchsorted(normals, values[truth], side="left")
    upto = np.searchsorted(normals, values[truth], side="right")
    return float((below + upto).mean() / 2 / normals.size)


def _resampled_gains(
    alone: Values, both: Values, truth: NDArray[np.bool_], draw: np.random.Generator
) -> Values:
    frauds, normals = np.flatnonzero(truth), np.flatnonzero(~truth)
    gains = np.empty(_RESAMPLES)
    for turn in range(_RESAMPLES):
        drawn = np.concatenate(
            [draw.choice(frauds, frauds.size), draw.choice(normals, normals.size)]
        )
        gains[turn] = area(both[drawn], truth[drawn]) - area(alone[drawn], truth[drawn])
    return gains
