"""Users whose end is known: what was known of each, as arrays that fits and comparisons read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fraud.policy.curves import Scored
from fraud.policy.facts import Facts
from fraud.policy.rulesets import RuleSet
from fraud.policy.scoring import MILLION
from fraud.policy.signals import SIGNALS, measured

Matrix = NDArray[np.float64]
Places = NDArray[np.int64]
Truth = NDArray[np.bool_]


class Example(NamedTuple):
    """What was known of a user, and whether they turned out to be a fraud.

    Attributes:
        group: those who share a device or an address, directly or through others, have one.
    """

    facts: Facts
    is_fraud: bool
    group: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Examples in the order of time.

    Attributes:
        values: a row per example and a column per signal, NaN where it is missing.
        truth: who is a fraud.
        groups: of each example.
    """

    values: Matrix
    truth: Truth
    groups: Places

    @property
    def frauds(self) -> int:
        """How many are frauds."""
        return int(self.truth.sum())

    @property
    def normal(self) -> int:
        """How many are none."""
        return len(self.truth) - self.frauds

    def part(self, places: Places) -> "Sample":
        """Those at these places."""
        return Sample(self.values[places], self.truth[places], self.groups[places])


def sample_of(examples: Sequence[Example]) -> Sample:
    """Examples, in the order of time, as arrays."""
    values = [
        [np.nan if value is None else value for value in measured(example.facts).values()]
        for example in examples
    ]
    return Sample(
        np.array(values, dtype=np.float64).reshape(len(examples), len(SIGNALS)),
        np.array([example.is_fraud for example in examples], dtype=bool),
        np.array([example.group for example in examples], dtype=np.int64),
    )


def xs_of(sample: Sample, rules: RuleSet) -> Matrix:
    """Every signal's x under a rule set; what is missing adds nothing, as in the score."""
    xs = np.zeros_like(sample.values)
    for place, signal in enumerate(SIGNALS):
        known = ~np.isnan(sample.values[:, place])
        values, back = np.unique(sample.values[known, place], return_inverse=True)
        found = np.array([rules.x_of(signal, float(value)) for value in values])
        xs[known, place] = found[back] if values.size else 0.0
    return xs


def scores_of(sample: Sample, rules: RuleSet) -> Places:
    """The scores of a screening, in millionths."""
    xs = xs_of(sample, rules)
    scores = np.zeros(len(xs))
    # One signal after the other, as a screening adds them up: sums of floats depend on it.
    for place, signal in enumerate(SIGNALS):
        scores += float(rules.weights[signal.name]) * xs[:, place]
    return np.rint(scores * MILLION).astype(np.int64)


def scored(scores: Places, truth: Truth) -> list[Scored]:
    """Scores beside what became of their users."""
    return [Scored(int(score), bool(is_fraud)) for score, is_fraud in _pairs(scores, truth)]


def _pairs(scores: Places, truth: Truth) -> Iterator[tuple[int, bool]]:
    return zip(scores.tolist(), truth.tolist(), strict=True)
