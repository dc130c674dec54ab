"""Step curves: read strictly, typed on one line, constant between their starts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.policy.step_curves import STEPS_MAX, InvalidCurve, StepCurve, content_of, written

STARTS = st.lists(
    st.decimals(-(10**6), 10**6, places=3), min_size=1, max_size=STEPS_MAX, unique=True
)


@st.composite
def curves(draw: st.DrawFn, *, is_falling: bool = False) -> StepCurve:
    starts = sorted(draw(STARTS))
    size = len(starts)
    xs = sorted(
        draw(st.lists(st.decimals(0, 1, places=4), min_size=size, max_size=size)),
        reverse=is_falling,
    )
    content = [[str(start), str(x)] for start, x in zip(starts, xs, strict=True)]
    return StepCurve.from_content(content, is_falling=is_falling)


@given(curves())
def test_a_curve_comes_back_from_its_content_and_its_line(curve: StepCurve) -> None:
    assert StepCurve.from_content(curve.content(), is_falling=False) == curve
    assert StepCurve.from_content(content_of(written(curve)), is_falling=False) == curve


@given(curves(), st.floats(-2e6, 2e6), st.floats(-2e6, 2e6))
def test_a_larger_value_never_has_a_smaller_x(curve: StepCurve, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= curve.x_of(low) <= curve.x_of(high) <= 1


@given(curves(is_falling=True), st.floats(-2e6, 2e6), st.floats(-2e6, 2e6))
def test_of_a_falling_one_never_a_larger(curve: StepCurve, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert curve.x_of(low) >= curve.x_of(high)


def test_a_step_counts_from_its_start_on() -> None:
    curve = StepCurve.from_content([["0", "0"], ["0.5", "0.62"], ["3", "1"]], is_falling=False)
    values = [-1, 0, 0.49, 0.5, 2.99, 3, 10**9]
    assert [curve.x_of(value) for value in values] == [0, 0, 0, 0.62, 0.62, 1, 1]


@pytest.mark.parametrize(
    "content",
    [
        [],
        "0: 0",
        {},
        None,
        [["0", "0"]] * 2,
        [[str(n), "0"] for n in range(STEPS_MAX + 1)],
        [["1", "0"], ["0", "1"]],
        [["0", "0.5"], ["1", "0.4"]],
        [["0", "-0.1"]],
        [["0", "1.1"]],
        [["0", "NaN"]],
        [["NaN", "0"]],
        [["Infinity", "0"]],
        [["1e13", "0"]],
        [[0, 0]],
        [["0"]],
        [["0", "0", "0"]],
        ["00"],
        [["0", "much"]],
    ],
)
def test_what_is_no_rising_curve(content: Any) -> None:
    with pytest.raises(InvalidCurve):
        StepCurve.from_content(content, is_falling=False)


def test_a_falling_curve_does_not_rise() -> None:
    falls = [["0", "1"], ["5", "0.5"]]
    assert StepCurve.from_content(falls, is_falling=True).content() == falls
    with pytest.raises(InvalidCurve, match="never rises"):
        StepCurve.from_content([["0", "0.5"], ["5", "1"]], is_falling=True)
    with pytest.raises(InvalidCurve, match="never falls"):
        StepCurve.from_content(falls, is_falling=False)


def test_a_line_as_people_type_it() -> None:
    assert content_of(" 0: 0;0,5 :0.62 ; 3:1; ") == [["0", "0"], ["0.5", "0.62"], ["3", "1"]]
    for text in ("", "0", "0: 0: 0", "0: 0;; 1: 1"):
        with pytest.raises(InvalidCurve):
            content_of(text)
