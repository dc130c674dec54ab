"""Learned curves: told, drawn, and typed in."""

from math import ceil, log1p
from typing import Any, NamedTuple

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from doors.amounts import NBSP
from doors.translation import translated
from fraud.admin.words import value_shown
from fraud.policy.signals import Signal, falling
from fraud.policy.step_curves import InvalidCurve, StepCurve, content_of, written

_WHOLE_UNITS = ("accounts", "accounts per day", "kinds", "minutes", "yes or no")
_WIDTH, _HEIGHT = 240, 66
# The thickness of the line above and below the curve.
_ROOM = 6
_TEXT_MAX = 2_000


class Picture(NamedTuple):
    """A curve as a line in a box, with the values at its ends."""

    width: int
    height: int
    points: str
    first: str
    last: str
    said: str


def curve_said(signal: Signal, curve: StepCurve) -> str:
    """How a value counts, step by step: 0 accounts: 0 %; from 1 account on: 62 %."""
    first, *others = curve.steps
    parts = [f"{_value(signal, first.start)}: {_share(first.x)}"]
    on = gettext("from %(value)s on: %(share)s")
    parts += [on % {"value": _value(signal, start), "share": _share(x)} for start, x in others]
    return "; ".join(parts)


def curve_in_short(curve: StepCurve) -> str:
    """How long a curve is, where all of it has no room."""
    steps = len(curve.steps)
    return ngettext("a curve of %(n)s step", "a curve of %(n)s steps", steps) % {"n": steps}


def picture_of(signal: Signal, curve: StepCurve) -> Picture:
    """x over the value, which is drawn on a logarithmic scale."""
    starts = [float(step.start) for step in curve.steps]
    lowest = starts[0]
    # The last step goes on for as long as a fifth of what is drawn.
    widths = [log1p(start - lowest) for start in starts]
    full = 1.25 * widths[-1] or 1.0
    ends = [*widths[1:], full]
    corners = [
        f"{_WIDTH * edge / full:.1f},{(_HEIGHT - _ROOM) * (1 - float(step.x)):.1f}"
        for step, start, end in zip(curve.steps, widths, ends, strict=True)
        for edge in (start, end)
    ]
    first, last = _value(signal, curve.steps[0].start), _value(signal, curve.steps[-1].start)
    return Picture(_WIDTH, _HEIGHT, " ".join(corners), first, last, curve_said(signal, curve))


class CurveField(forms.CharField):
    """A curve on one line; empty where the signal counts by its own."""

    def __init__(self, signal: Signal, curve: StepCurve | None, **options: Any) -> None:
        super().__init__(
            required=False,
            initial="" if curve is None else written(curve),
            max_length=_TEXT_MAX,
            widget=forms.TextInput(
                attrs={"class": "field-input field-wide", "placeholder": _("its own")}
            ),
            **options,
        )
        self.signal = signal

    def clean(self, value: Any) -> Any:
        """Read the line, or say at the field what is wrong with it."""
        text = super().clean(value)
        if not text:
            return None
        try:
            content = content_of(text)
            return StepCurve.from_content(content, is_falling=self.signal.curve is falling)
        except InvalidCurve as fault:
            raise forms.ValidationError(translated(str(fault))) from None


def _value(signal: Signal, start: Any) -> str:
    value = float(start)
    if signal.unit == "share":
        return _share(start)
    # Nobody is between two whole numbers: what counts from 0.5 on counts from 1 on.
    return value_shown(float(ceil(value)) if signal.unit in _WHOLE_UNITS else value, signal.unit)


def _share(x: Any) -> str:
    percent = 100 * float(x)
    decimals = 0 if percent == round(percent) else 1
    return f"{number_format(f'{percent:.{decimals}f}', decimals)}{NBSP}%"
