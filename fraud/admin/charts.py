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


@dataclass(frozen=True, slots=True)
class Line:
    """One line through points, or its points alone; x and y are per cent."""

    name: Any
    colour: str
    points: Sequence[tuple[float, float]]
    is_dashed: bool = False
    is_marks: bool = False

    def shown(self) -> dict[str, Any]:
        """The line as Chart.js takes it."""
        colour = f"var({self.colour})"
        return {
            "label": str(self.name),
            "data": [{"x": round(x, 3), "y": round(y, 3)} for x, y in self.points],
            "borderColor": colour,
            "backgroundColor": colour,
            "borderWidth": 1.5 if self.is_dashed else 2.5,
            "borderDash": [5, 5] if self.is_dashed else [],
            "showLine": not self.is_marks,
            "pointRadius": 7 if self.is_marks else 0,
            # A line is found with the pointer though its points aren't drawn.
            "pointHitRadius": 0 if self.is_dashed else 8,
            # What is marked lies over the lines.
            "order": 0 if self.is_marks else 1,
        }


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over two axes from 0 to 100 per cent.

    Attributes:
        said: the same in a sentence, for those who don't see it.
    """

    x_title: Any
    y_title: Any
    lines: Sequence[Line]
    said: str

    @property
    def data(self) -> str:
        """What the theme's component reads."""
        return orjson.dumps({"datasets": [each.shown() for each in self.lines]}).decode()

    @property
    def options(self) -> str:
        """What the theme has no word for: two axes of numbers, each with its name."""
        shown = {
            "animation": False,
            "responsive": True,
            "maintainAspectRatio": False,
            "interaction": {"mode": "nearest", "intersect": False},
            "plugins": {"legend": {"display": False}},
            "scales": {"x": _axis(self.x_title), "y": _axis(self.y_title)},
        }
        return orjson.dumps(shown).decode()


# Legible on white and on the dark ground alike.
_INK = "#808896"


def _axis(title: Any) -> dict[str, Any]:
    return {
        "type": "linear",
        "min": 0,
        "max": 100,
        "title": {"display": True, "text": str(title), "color": _INK},
        "ticks": {"color": _INK, "stepSize": 20},
        # The theme gives it a colour.
        "grid": {"tickWidth": 0, "lineWidth": 0.5},
        "border": {"display": False},
    }


def histogram(name: Any, bins: Sequence[Bin]) -> Chart:
    """Bars of how many fell into each bin."""
    said = ", ".join(f"{each.name}: {points_shown(each.number)}" for each in bins)
    series = Series(name, "--color-primary-500", [each.number for each in bins])
    return Chart([each.name for each in bins], [series], f"{name}. {said}")


def roubles(amounts_minor: Sequence[int]) -> list[float]:
    """Kopecks as roubles, for the height of a bar."""
    return [amount / MINOR_PER_MAJOR for amount in amounts_minor]
