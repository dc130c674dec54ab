"""A score of boosted stumps, written down as one step curve per signal.

Each tree asks about one signal, so that the model is a sum of functions of single signals: what a
signal adds can be read off exactly, and kept as a table in a rule set.
"""

from decimal import Decimal
from itertools import pairwise

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from fraud.policy.learning import telling_signals, with_learnt
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Matrix, Sample, Truth
from fraud.policy.signals import BY_NAME, SIGNALS, falling, scaled
from fraud.policy.step_curves import Step, StepCurve

# Few enough to be read, and to be compared from one version to the next.
STEPS_KEPT = 24
_STEP = Decimal("0.0001")
_DECIMALS = 6
# scikit-learn distinguishes 255 at most.
_CELLS_MAX = 254
_ROUNDS, _RATE, _LEAF_MIN, _PENALTY = 200, 0.1, 20, 1.0


def boosted(sample: Sample, base: RuleSet, *, seed: int) -> RuleSet:
    """The base with weights and curves of a gradient-boosted model of stumps.

    A stronger value never adds less (scikit-learn's `monotonic_cst`). A missing one counts as
    the weakest that was seen, and the weakest adds nothing. The same sample and seed make the
    same rule set.
    """
    telling = telling_signals(sample)
    if not telling:
        return base
    strength = _strengths(sample, telling)
    # What the trees see: scikit-learn's own bins would put the few of the first minutes together
    # with those of the first hours.
    cells = np.column_stack(
        [_cells(strength[:, column], name) for column, name in enumerate(telling)]
    )
    tops, curves = {}, {}
    # On one thread: a fit is small, and threads wait for each other where the cores are busy.
    with threadpool_limits(limits=1):
        model = _fitted(cells, sample.truth, seed)
        for column, name in enumerate(telling):
            levels, first, users = np.unique(
                strength[:, column], return_index=True, return_counts=True
            )
            added = _added(model, cells.min(axis=0), column, cells[first, column])
            if added[-1] > 0:
                added = _simplified(added, users.astype(np.float64))
                tops[name] = float(added[-1])
                curves[name] = _curve(levels, added / added[-1], name)
    return with_learnt(base, telling, tops, curves)


def _cells(strength: Matrix, name: str) -> Matrix:
    """The number of each value's cell, in the order of strength; at most what a tree can see.

    Half of the cells hold equally many users, and half are equally wide on the signal's curve.
    """
    levels, back = np.unique(strength, return_inverse=True)
    if len(levels) <= _CELLS_MAX:
        return back.astype(np.float64)
    sign = -1.0 if _falls(name) else 1.0
    xs = np.array([scaled(BY_NAME[name], sign * float(level)) for level in levels])
    by_users = np.quantile(strength, np.linspace(0, 1, _CELLS_MAX // 2), method="lower")
    by_curve = levels[np.unique(np.floor(xs * (_CELLS_MAX // 2 - 1)), return_index=True)[1]]
    starts = np.union1d(by_users, by_curve)
    found: Matrix = np.searchsorted(starts, strength, side="right").astype(np.float64)
    return found


def _fitted(cells: Matrix, is_fraud: Truth, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=_ROUNDS,
        learning_rate=_RATE,
        max_depth=1,
        min_samples_leaf=_LEAF_MIN,
        l2_regularization=_PENALTY,
        monotonic_cst=[1] * cells.shape[1],
        interaction_cst="no_interactions",
        early_stopping=False,
        random_state=seed,
    ).fit(cells, is_fraud)


def _strengths(sample: Sample, telling: list[str]) -> Matrix:
    """Values of the telling signals, turned so that more is stronger."""
    places = [place for place, signal in enumerate(SIGNALS) if signal.name in telling]
    turned = sample.values[:, places] * [-1.0 if _falls(name) else 1.0 for name in telling]
    weakest = np.nanmin(turned, axis=0)
    found: Matrix = np.where(np.isnan(turned), weakest, turned)
    return found


def _added(
    model: HistGradientBoostingClassifier, weakest: Matrix, column: int, cells: Matrix
) -> Matrix:
    """What each cell of one signal adds to the model's sum, over its weakest one."""
    rows = np.tile(weakest, (len(cells), 1))
    rows[:, column] = cells
    found = model.decision_function(rows)
    # Sums of the same trees in another order differ in the last digits; a curve never falls.
    added: Matrix = np.maximum.accumulate(np.round(found - found[0], _DECIMALS))
    return added


def _simplified(added: Matrix, counts: Matrix) -> Matrix:
    """At most so many steps: the largest rises stay, and users between them get their mean."""
    rises = np.diff(added)
    if np.count_nonzero(rises) < STEPS_KEPT:
        return added
    kept = np.sort(np.argsort(-rises, kind="stable")[: STEPS_KEPT - 1]) + 1
    ends = [0, *kept.tolist(), len(added)]
    means = [np.average(added[a:b], weights=counts[a:b]) for a, b in pairwise(ends)]
    simple: Matrix = np.repeat(means, np.diff(ends)) - means[0]
    return simple


def _curve(levels: Matrix, xs: Matrix, name: str) -> StepCurve:
    """A table over the signal's own values, from the smallest on."""
    if _falls(name):
        levels, xs = 0.0 - levels[::-1], xs[::-1]
    steps: list[Step] = []
    for place, level in enumerate(levels.tolist()):
        x = Decimal(str(xs[place])).quantize(_STEP)
        if not steps or x != steps[-1].x:
            start = level if not steps else _between(float(levels[place - 1]), level)
            steps.append(Step(Decimal(repr(start)), x))
    return StepCurve(tuple(steps))


def _between(below: float, level: float) -> float:
    """Halfway, as the trees split; nobody of the sample was between."""
    middle = round((below + level) / 2, _DECIMALS)
    return middle if below < middle <= level else level


def _falls(name: str) -> bool:
    return BY_NAME[name].curve is falling
