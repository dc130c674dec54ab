"""Rates of fraud and of false alarms with their intervals, and the bins of histograms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fraud.policy.intervals import Share, share_of

# Two intervals of 97.5 % hold together in 95 % of all cases at least (Bonferroni).
_Z_OF_TWO = 2.241402727604947


class Edge(NamedTuple):
    """A bin up to a bound, which it does not include."""

    name: str
    upto: float


class Bin(NamedTuple):
    """How many fell into a bin."""

    name: str
    number: int


_DAY = 60 * 24
_OPEN = float("inf")
# Minutes from activation to first redemption.
MINUTES_BINS = (
    Edge("under 1 h", 60),
    Edge("1–24 h", _DAY),
    Edge("1–7 days", 7 * _DAY),
    Edge("7–30 days", 30 * _DAY),
    Edge("30–90 days", 90 * _DAY),
    Edge("90–365 days", 365 * _DAY),
    Edge("over a year", _OPEN),
)
# Referrals of one inviter.
REFERRAL_BINS = (
    Edge("1", 2),
    Edge("2", 3),
    Edge("3", 4),
    Edge("4–5", 6),
    Edge("6–10", 11),
    Edge("11–20", 21),
    Edge("over 20", _OPEN),
)
# Hours that a case has waited.
QUEUE_AGE_BINS = (
    Edge("under 4 h", 4),
    Edge("4–24 h", 24),
    Edge("1–3 days", 72),
    Edge("3–7 days", 168),
    Edge("over 7 days", _OPEN),
)


def binned(edges: Sequence[Edge], counts: Mapping[int, int]) -> list[Bin]:
    """Counts by the place of their bin, with those that are empty."""
    return [Bin(edge.name, counts.get(place, 0)) for place, edge in enumerate(edges)]


class Estimate(NamedTuple):
    """A share that was not counted but estimated, and between which bounds it lies (95 %)."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of screened payouts, as far as persons have looked.

    Attributes:
        stopped, cleared: payouts that the screen held or refused, and that it let out.
        stopped_frauds, stopped_normals: verdicts over those it held.
        sampled_frauds, sampled_normals: verdicts over the random sample of those it let out.
        inconclusive: verdicts over both that say neither.
    """

    stopped: int
    cleared: int
    stopped_frauds: int
    stopped_normals: int
    sampled_frauds: int
    sampled_normals: int
    inconclusive: int

    @property
    def precision(self) -> Share:
        """How much of what was stopped was fraud."""
        return share_of(self.stopped_frauds, self.stopped_frauds + self.stopped_normals)

    @property
    def false_alarms(self) -> Share:
        """How much of what was stopped was no fraud."""
        return share_of(self.stopped_normals, self.stopped_frauds + self.stopped_normals)

    @property
    def missed(self) -> Share:
        """How much of what was let out is fraud, by the random sample."""
        return share_of(self.sampled_frauds, self.sampled_frauds + self.sampled_normals)

    @property
    def false_positive_rate(self) -> Estimate | None:
        """How much of what is no fraud was stopped; None before anything was looked at.

        FP ÷ (FP + TN), with the two unknown parts from the verdicts: false alarms among the
        stopped, and normals among the cleared by the random sample.
        """
        alarms, missed = self._parts()
        if not alarms.of or not missed.of:
            return None
        return Estimate(
            self._part(alarms.value, 1 - missed.value),
            self._part(alarms.lower, 1 - missed.lower),
            self._part(alarms.upper, 1 - missed.upper),
        )

    @property
    def recall(self) -> Estimate | None:
        """How much of the fraud was stopped; None before anything was looked at, or found."""
        alarms, missed = self._parts()
        if not alarms.of or not missed.of or not (self.stopped_frauds or self.sampled_frauds):
            return None
        return Estimate(
            self._part(1 - alarms.value, missed.value),
            self._part(1 - alarms.upper, missed.upper),
            self._part(1 - alarms.lower, missed.lower),
        )

    def _parts(self) -> tuple[Share, Share]:
        """False alarms among the stopped and frauds among the cleared, surer than each alone."""
        reviewed = self.stopped_frauds + self.stopped_normals
        sampled = self.sampled_frauds + self.sampled_normals
        return (
            share_of(self.stopped_normals, reviewed, _Z_OF_TWO),
            share_of(self.sampled_frauds, sampled, _Z_OF_TWO),
        )

    def _part(self, of_stopped: float, of_cleared: float) -> float:
        """What was stopped, out of all that is alike."""
        stopped, cleared = self.stopped * of_stopped, self.cleared * of_cleared
        return stopped / (stopped + cleared) if stopped + cleared else 0.0
