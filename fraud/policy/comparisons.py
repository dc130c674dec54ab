"""A boosted score beside a logistic one, on users whom neither was learnt from.

The comparison itself (`fraud.policy.comparing`) loads half of scientific Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from fraud.policy.intervals import Share, share_of
from fraud.policy.rulesets import RuleSet

LOGISTIC, BOOSTED = "logistic", "boosted"
DISJOINT, IN_TIME = "disjoint", "in_time"
WAYS = (DISJOINT, IN_TIME)


class Measured(NamedTuple):
    """What one score reaches on the users that it was not learnt from.

    Attributes:
        auc: of pairs within a fold.
        at_limit: of the frauds, caught at thresholds that stop 1 % of these normal users.
        caught, stopped: at the thresholds that were chosen on those who were learnt from.
    """

    auc: float
    at_limit: Share
    caught: Share
    stopped: Share

    def content(self) -> dict[str, Any]:
        """As JSON values; `from_content` reads them back."""
        shares = {name: [share.part, share.of] for name, share in self._shares().items()}
        return {"auc": self.auc, **shares}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """What a trial kept."""
        return cls(content["auc"], *(share_of(*content[name]) for name in cls._fields[1:]))

    def _shares(self) -> dict[str, Share]:
        return {"at_limit": self.at_limit, "caught": self.caught, "stopped": self.stopped}


class Gain(NamedTuple):
    """By how much the boosted score is better, and a 95 % interval of it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both scores on the same held-out users.

    Attributes:
        way: on folds that share no device and no address, or on the later half of time.
        caught_gain: of what is caught while 1 % of normal users are stopped.
    """

    way: str
    logistic: Measured
    boosted: Measured
    auc_gain: Gain
    caught_gain: Gain

    @property
    def is_won(self) -> bool:
        """Whether one of both measures is surely better, and neither is surely worse."""
        gains = (self.auc_gain, self.caught_gain)
        return any(gain.low > 0 for gain in gains) and all(gain.high >= 0 for gain in gains)

    def content(self) -> dict[str, Any]:
        """As JSON values; `from_content` reads them back."""
        return {
            "way": self.way,
            "logistic": self.logistic.content(),
            "boosted": self.boosted.content(),
            "auc_gain": list(self.auc_gain),
            "caught_gain": list(self.caught_gain),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """What a trial kept."""
        return cls(
            content["way"],
            Measured.from_content(content["logistic"]),
            Measured.from_content(content["boosted"]),
            Gain(*content["auc_gain"]),
            Gain(*content["caught_gain"]),
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed after both were tried.

    Attributes:
        model: "logistic" or "boosted".
        comparisons: on folds that share no device and no address, and in the order of time; one
            is absent where there are too few users for it.
    """

    rules: RuleSet
    model: str
    comparisons: tuple[Comparison, ...]
