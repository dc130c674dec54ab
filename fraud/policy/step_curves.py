"""Step curves: how a signal's value becomes x, as a table that a rule set keeps.

Screening reads a table and loads no model.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, NamedTuple, Self

STEPS_MAX = 64
_FALLS = "Smaller values of this signal speak more strongly: x never rises with the value."
_RISES = "Larger values of this signal speak more strongly: x never falls with the value."
_START_MAX = Decimal(10) ** 12


class InvalidCurve(ValueError):
    """Why something can't be a curve, in a sentence."""


class Step(NamedTuple):
    """From a value on, this x."""

    start: Decimal
    x: Decimal


@dataclass(frozen=True, slots=True)
class StepCurve:
    """x by the value of a signal: constant from each start up to the next one.

    A value below the first start has the x of the first step.
    """

    steps: tuple[Step, ...]
    _starts: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _xs: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(float(step.start) for step in self.steps))
        object.__setattr__(self, "_xs", tuple(float(step.x) for step in self.steps))

    def x_of(self, value: float) -> float:
        """The x of a value."""
        return self._xs[max(0, bisect_right(self._starts, value) - 1)]

    def content(self) -> list[list[str]]:
        """The curve as JSON values; `from_content` reads them back."""
        return [[str(start), str(x)] for start, x in self.steps]

    @classmethod
    def from_content(cls, content: Any, *, is_falling: bool) -> Self:
        """Read a curve.

        Args:
            is_falling: smaller values speak more strongly.

        Raises:
            InvalidCurve: it is no list of pairs of decimal strings, the starts don't rise, an x
                is not between 0 and 1, or a stronger value has a smaller x.
        """
        if not isinstance(content, list | tuple) or not 1 <= len(content) <= STEPS_MAX:
            raise InvalidCurve(f"A curve has 1 to {STEPS_MAX} steps.")
        steps = tuple(_step(each) for each in content)
        fault = _fault_in(steps, is_falling=is_falling)
        if fault:
            raise InvalidCurve(fault)
        return cls(steps)


def written(curve: StepCurve) -> str:
    """The curve on one line, as people type it: 0: 0; 0.5: 0.62; 2.5: 1."""
    return "; ".join(f"{start.normalize():f}: {x.normalize():f}" for start, x in curve.steps)


def content_of(text: str) -> list[list[str]]:
    """The content that a line says; the counterpart of `written`.

    Raises:
        InvalidCurve: a step is no pair of numbers.
    """
    steps = [step.split(":") for step in text.strip().rstrip(";").split(";")]
    if any(len(step) != len(Step._fields) for step in steps):
        raise InvalidCurve("Each step is a value, a colon and an x.")
    return [[number.strip().replace(",", ".") for number in step] for step in steps]


def _fault_in(steps: Sequence[Step], *, is_falling: bool) -> str | None:
    starts, xs = [step.start for step in steps], [step.x for step in steps]
    if any(start >= following for start, following in pairwise(starts)):
        return "Each step starts above the one before."
    if not all(0 <= x <= 1 for x in xs):
        return "Each x lies between 0 and 1."
    if xs != sorted(xs, reverse=is_falling):
        return _FALLS if is_falling else _RISES
    return None


def _step(content: Any) -> Step:
    if not isinstance(content, list | tuple) or len(content) != len(Step._fields):
        raise InvalidCurve("Each step is a value and an x.")
    return Step(*(_decimal(number) for number in content))


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) > _START_MAX:
        raise InvalidCurve("Values and their x are decimal numbers.")
    return number
