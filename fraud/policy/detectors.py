"""What finds the unusual: fitted, asked, written down and read back; scikit-learn throughout.

Rows are features in the order of `fraud.policy.features`, with NaN for what is missing.
"""

import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from skops import io as skops_io

from fraud.policy.anomalies import FOREST, PERCENTILE_MAX
from fraud.policy.features import FEATURES, NAMES, Row

Matrix = NDArray[np.float64]

LIBRARY = f"scikit-learn {'.'.join(sklearn.__version__.split('.')[:2])}"
# Further than this from usual is as far as it counts.
_FURTHEST = 10.0
_SKEWED = np.array([feature.is_skewed for feature in FEATURES])
_TREES = 200
_TREE_ROWS = 256
# skops doesn't vouch for trees, whose nodes could point outside; `_sound` looks at each.
_TREE = "sklearn.tree._tree.Tree"
_NAMED = 3
_DIGITS = 9


class ArtefactBroken(Exception):
    """A model's artefact can't be read, or is not what was fitted."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of each feature, robustly: medians, and how far half of all lie around them."""

    medians: Matrix
    spreads: Matrix

    def standing(self, rows: Matrix) -> Matrix:
        """How far each value is from usual, in spreads; what is missing is 0."""
        return np.nan_to_num(self.distances(rows), nan=0.0)

    def distances(self, rows: Matrix) -> Matrix:
        """As `standing`, with NaN for what is missing."""
        far = (_straightened(rows) - self.medians) / self.spreads
        return np.clip(far, -_FURTHEST, _FURTHEST)

    def prepared(self, rows: Matrix) -> Matrix:
        """What estimators read: each value's standing, and an indicator of what is missing."""
        return np.hstack([self.standing(rows), np.isnan(rows).astype(np.float64)])

    def furthest(self, row: Matrix) -> list[dict[str, Any]]:
        """The features of one row that are furthest from usual, the furthest first."""
        far = np.abs(self.standing(row[None, :])[0])
        order = [place for place in np.argsort(-far, kind="stable")[:_NAMED] if far[place] > 1]
        return [
            {
                "feature": NAMES[place],
                "value": round(float(row[place]), 3),
                "usual": round(float(_bent(self.medians)[place]), 3),
            }
            for place in order
        ]


@dataclass(frozen=True, slots=True)
class Detector:
    """A fitted model with what is usual and how unusual its sample was.

    Attributes:
        ranked: the sample's own strangeness, in rising order: what percentiles are read from.
    """

    kind: str
    usual: Usual
    estimator: Any
    ranked: Matrix

    def strangeness(self, rows: Matrix) -> Matrix:
        """How unusual each row is, in the model's own measure."""
        return _strangeness(self.kind, self.estimator, self.usual.prepared(rows))

    def percentiles(self, rows: Matrix) -> list[int]:
        """The share of the sample that is less unusual, in thousandths of a per cent.

        Equals count half, so that a crowd of equals is in its own middle.
        """
        strange = self.strangeness(rows)
        below = np.searchsorted(self.ranked, strange, side="left")
        upto = np.searchsorted(self.ranked, strange, side="right")
        return [
            int(share) for share in np.rint((below + upto) / 2 / self.ranked.size * PERCENTILE_MAX)
        ]


def matrix_of(rows: Sequence[Row]) -> Matrix:
    """Rows of features as an array."""
    values = [[np.nan if value is None else value for value in row] for row in rows]
    return np.array(values, dtype=np.float64).reshape(len(rows), len(FEATURES))


def fitted(kind: str, rows: Matrix, seed: int) -> Detector:
    """A model of a kind, fitted on a sample; the same sample and seed make the same model."""
    usual = usual_of(rows)
    prepared = usual.prepared(rows)
    estimator = _forest(prepared, seed) if kind == FOREST else _autoencoder(prepared, seed)
    return Detector(kind, usual, estimator, np.sort(_strangeness(kind, estimator, prepared)))


def usual_of(rows: Matrix) -> Usual:
    """What is usual in a sample."""
    straight = _straightened(rows)
    known = ~np.isnan(straight)
    medians, spreads = np.zeros(len(FEATURES)), np.ones(len(FEATURES))
    for place in range(len(FEATURES)):
        values = straight[known[:, place], place]
        if not values.size:
            continue
        medians[place] = np.median(values)
        low, high = np.percentile(values, [25, 75])
        # Half of all being equal leaves the quartiles nothing to say.
        spreads[place] = (high - low) / 1.349 or values.std() or 1.0
    return Usual(medians, spreads)


def written(detector: Detector) -> bytes:
    """The detector as a file of skops, which holds values and no code."""
    parts = {
        "medians": detector.usual.medians,
        "spreads": detector.usual.spreads,
        "ranked": detector.ranked,
        "estimator": detector.estimator,
    }
    found: bytes = skops_io.dumps(parts, compression=zipfile.ZIP_DEFLATED)
    return found


def read(kind: str, artefact: bytes) -> Detector:
    """The detector that was written.

    Raises:
        ArtefactBroken: it is no such file, or holds what a detector doesn't.
    """
    try:
        parts = skops_io.loads(artefact, trusted=[_TREE])
        usual = Usual(parts["medians"], parts["spreads"])
        detector = Detector(kind, usual, parts["estimator"], parts["ranked"])
        _assert_sound(detector)
    except Exception as error:
        # Whatever a spoilt file brings about, the answer is the same.
        raise ArtefactBroken(f"{type(error).__name__}: {error}") from error
    return detector


def _assert_sound(detector: Detector) -> None:
    estimator, width = detector.estimator, len(FEATURES)
    if detector.usual.medians.shape != (width,) or detector.usual.spreads.shape != (width,):
        raise ValueError("It was fitted on other features.")
    if not detector.ranked.size or not isinstance(
        estimator, IsolationForest if detector.kind == FOREST else MLPRegressor
    ):
        raise ValueError(f"It is no {detector.kind}.")
    for tree in getattr(estimator, "estimators_", ()):
        nodes = tree.tree_
        children = np.concatenate([nodes.children_left, nodes.children_right])
        inside = (children >= -1) & (children < nodes.node_count)
        if not inside.all() or not (nodes.feature < 2 * width).all():
            raise ValueError("A node of a tree points outside.")


def _straightened(rows: Matrix) -> Matrix:
    return np.where(_SKEWED, np.log1p(np.maximum(rows, 0)), rows)


def _bent(values: Matrix) -> Matrix:
    bent: Matrix = np.where(_SKEWED, np.expm1(np.minimum(values, 50)), values)
    return bent


def _strangeness(kind: str, estimator: Any, prepared: Matrix) -> Matrix:
    if kind == FOREST:
        found = -estimator.score_samples(prepared)
    else:
        found = ((estimator.predict(prepared) - prepared) ** 2).mean(axis=1)
    # The last digits depend on which rows are asked about together, and equals must be equal.
    rounded: Matrix = np.round(found, _DIGITS)
    return rounded


def _forest(prepared: Matrix, seed: int) -> IsolationForest:
    forest = IsolationForest(n_estimators=_TREES, max_samples=_TREE_ROWS, random_state=seed)
    if len(prepared) < _TREE_ROWS:
        forest.set_params(max_samples=1.0)
    return forest.fit(prepared)


def _autoencoder(prepared: Matrix, seed: int) -> MLPRegressor:
    """A network that must say a row through a bottleneck of four: what it can't is unusual."""
    network = MLPRegressor(
        hidden_layer_sizes=(16, 4, 16),
        activation="tanh",
        batch_size=min(256, len(prepared)),
        max_iter=40,
        n_iter_no_change=5,
        tol=1e-3,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # It need not be the best of its kind: percentiles are among what it says itself.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(prepared, prepared)
    # What only fitting needs, and skops doesn't know.
    del network._optimizer
    return network
