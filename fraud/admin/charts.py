"""Figures as the theme's charts take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from doors.amounts import points_shown
from fraud.policy.figures import Bin
from kernel.money import MINOR_PER_MAJOR


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars: a name, a colour of the style sheet, and values."""

    name: Any
    colour: str
    values: Sequence[float]

    def shown(self) -> dict[str, Any]:
        """The series as Chart.js takes it."""
        return {
            "label": str(self.name),
            "data": list(self.values),
            "backgroundColor": f"var({self.colour})",
            "borderRadius": 3,
            # Side by side: the theme lays them over each other.
            "grouped": True,
            "barPercentage": 0.9,
            "categoryPercentage": 0.8,
            "maxBarThickness": 36,
            "displayYAxis": True,
            "maxTicksXLimit": 14,
        }


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over labels.

    Attributes:
        said: the same in a sentence, for those who don't see it.
    """

    labels: Sequence[str]
    series: Sequence[Series]
    said: str

    @property
    def data(self) -> str:
        """What the theme's component reads."""
        shown = {"labels": list(self.labels), "datasets": [each.shown() for each in self.series]}
        return orjson.dumps(shown).decode()


def histogram(name: Any, bins: Sequence[Bin]) -> Chart:
    """Bars of how many fell into each bin."""
    said = ", ".join(f"{each.name}: {points_shown(each.number)}" for each in bins)
    series = Series(name, "--color-primary-500", [each.number for each in bins])
    return Chart([each.name for each in bins], [series], f"{name}. {said}")


def roubles(amounts_minor: Sequence[int]) -> list[float]:
    """Kopecks as roubles, for the height of a bar."""
    return [amount / MINOR_PER_MAJOR for amount in amounts_minor]
