"""What other rules would have made of subjects that were assessed, and how that compares."""

from dataclasses import dataclass, field
from typing import NamedTuple

from fraud.policy.cases import FALSE_POSITIVE, FRAUD
from fraud.policy.intervals import Share, share_of

FLIPS_SHOWN = 100
_MINUTES_PER_HOUR = 60


class Way(NamedTuple):
    """How many subjects went from one outcome to another, and their value."""

    before: str
    after: str
    subjects: int
    value_minor: int


class Flip(NamedTuple):
    """A subject with a verdict that is stopped under one rule set and let out under the other."""

    subject_type: str
    subject_id: str
    verdict: str
    before: str
    after: str
    value_minor: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Stopped or let out, against the verdicts of persons."""

    true_positives: int = 0
    false_positives: int = 0
    true_negatives: int = 0
    false_negatives: int = 0

    @property
    def recall(self) -> Share:
        """Of the frauds, the share that is stopped."""
        return share_of(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_positive_rate(self) -> Share:
        """Of the normal ones, the share that is stopped."""
        return share_of(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def precision(self) -> Share:
        """Of those stopped, the share of frauds."""
        return share_of(self.true_positives, self.true_positives + self.false_positives)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule set would have done, beside what was done.

    Attributes:
        stopped_minor, released_minor: what was let out and would be stopped, and the reverse.
        happened, would_be: against the verdicts that there are.
        flips: the most valuable ones, at most 100; `flipped` counts all.
        reviews, would_review: subjects that a person looks at.
        minutes_per_case: None where nobody knows.
    """

    subjects: int
    value_minor: int
    stopped_minor: int
    released_minor: int
    ways: tuple[Way, ...]
    happened: Confusion
    would_be: Confusion
    flipped: int
    flips: tuple[Flip, ...]
    reviews: int
    would_review: int
    minutes_per_case: float | None

    @property
    def hours(self) -> float | None:
        """Analysts' hours over the reviews that there were."""
        return self._hours(self.reviews)

    @property
    def would_take_hours(self) -> float | None:
        """Analysts' hours over the reviews that there would have been."""
        return self._hours(self.would_review)

    def _hours(self, reviews: int) -> float | None:
        if self.minutes_per_case is None:
            return None
        return reviews * self.minutes_per_case / _MINUTES_PER_HOUR


@dataclass(slots=True)
class Tally:
    """A backtest while subjects are counted into it; it keeps none of them but the flips."""

    ways: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    happened: dict[tuple[bool, bool], int] = field(default_factory=dict)
    would_be: dict[tuple[bool, bool], int] = field(default_factory=dict)
    flips: list[Flip] = field(default_factory=list)

    def count(self, flip: Flip) -> None:
        """Count a subject; its verdict may be empty."""
        way = flip.before, flip.after
        count, value_minor = self.ways.get(way, (0, 0))
        self.ways[way] = count + 1, value_minor + flip.value_minor
        if flip.verdict not in (FRAUD, FALSE_POSITIVE):
            return
        is_fraud, was, is_now = flip.verdict == FRAUD, is_stop(flip.before), is_stop(flip.after)
        for counted, stops in ((self.happened, was), (self.would_be, is_now)):
            counted[stops, is_fraud] = counted.get((stops, is_fraud), 0) + 1
        if was != is_now:
            self.flips.append(flip)

    def result(self, minutes_per_case: float | None) -> Backtest:
        """What was counted."""
        ways = [Way(*way, *counted) for way, counted in sorted(self.ways.items())]
        flips = sorted(self.flips, key=lambda flip: -flip.value_minor)
        return Backtest(
            subjects=sum(way.subjects for way in ways),
            value_minor=sum(way.value_minor for way in ways),
            stopped_minor=_value(ways, was=False, is_now=True),
            released_minor=_value(ways, was=True, is_now=False),
            ways=tuple(ways),
            happened=_confusion(self.happened),
            would_be=_confusion(self.would_be),
            flipped=len(flips),
            flips=tuple(flips[:FLIPS_SHOWN]),
            reviews=sum(way.subjects for way in ways if way.before == "review"),
            would_review=sum(way.subjects for way in ways if way.after == "review"),
            minutes_per_case=minutes_per_case,
        )


def is_stop(outcome: str) -> bool:
    """Whether an outcome stops a benefit; one that waits for a verification is not stopped."""
    return outcome in ("review", "refuse")


def _value(ways: list[Way], *, was: bool, is_now: bool) -> int:
    return sum(
        way.value_minor
        for way in ways
        if is_stop(way.before) == was and is_stop(way.after) == is_now
    )


def _confusion(counted: dict[tuple[bool, bool], int]) -> Confusion:
    return Confusion(
        true_positives=counted.get((True, True), 0),
        false_positives=counted.get((True, False), 0),
        true_negatives=counted.get((False, False), 0),
        false_negatives=counted.get((False, True), 0),
    )
