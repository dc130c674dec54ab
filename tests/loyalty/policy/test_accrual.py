"""Caps: what fits in a month, a year and a lifetime."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.accrual import Benefits
from loyalty.policy.terms import CapTerms, Terms

CAPS = st.builds(CapTerms, *[st.integers(0, 900)] * 3)
MONTHS = st.builds(date, st.integers(2024, 2026), st.integers(1, 12), st.just(1))
BY_MONTH = st.dictionaries(MONTHS, st.integers(0, 300), max_size=6)


def terms_with(caps: CapTerms) -> Terms:
    return replace(Terms(), caps=caps)


@given(caps=CAPS, before=BY_MONTH, given_now=st.lists(st.tuples(MONTHS, st.integers(0, 300))))
def test_room_is_what_all_three_caps_leave(
    caps: CapTerms, before: dict[date, int], given_now: list[tuple[date, int]]
) -> None:
    benefits = Benefits(sum(before.values()), before)
    total = dict(before)
    for month, minor in given_now:
        year = sum(value for other, value in total.items() if other.year == month.year)
        assert benefits.room_minor(month, terms_with(caps)) == min(
            caps.benefit_month_minor - total.get(month, 0),
            caps.benefit_year_minor - year,
            caps.benefit_life_minor - sum(total.values()),
        )
        benefits.add(month, minor)
        total[month] = total.get(month, 0) + minor


@given(caps=CAPS, before=BY_MONTH, points=st.lists(st.tuples(MONTHS, st.integers(0, 300))))
def test_the_shortcut_equals_the_whole_computation(
    caps: CapTerms, before: dict[date, int], points: list[tuple[date, int]]
) -> None:
    terms = terms_with(caps)
    life = sum(before.values())
    whole, short = Benefits(life, before), Benefits(life)
    if life + sum(minor for _, minor in points) > terms.smallest_benefit_cap_minor:
        return
    for month, minor in points:
        assert min(minor, whole.room_minor(month, terms)) == minor
        assert min(minor, short.room_minor(month, terms)) == minor
        whole.add(month, minor)
        short.add(month, minor)
