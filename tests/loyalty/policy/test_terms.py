"""Terms are read strictly, said exactly, and rounded down once per charge."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.terms import CHARGE_KINDS, TIERS, InvalidTerms, Terms

DECIMALS = st.decimals(0, 1000, allow_nan=False, places=9).map(str)


def changed(path: str, value: object) -> dict[str, Any]:
    """The default terms' content with one value changed."""
    content = Terms().content()
    *parents, name = path.split(".")
    place: Any = content
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    place[int(name) if isinstance(place, list) else name] = value
    return content


def test_the_defaults_are_those_of_the_brief() -> None:
    terms = Terms.from_content({})
    assert terms == Terms()
    assert (terms.point_value_minor, terms.lot_life_months) == (1, 12)
    assert (terms.redemption.points_min, terms.redemption.reservation_hours) == (100, 72)
    assert [tier.paid_min_minor for tier in terms.tiers] == [0, 600_000, 1_200_000]


def test_what_was_written_is_read_back() -> None:
    content = changed("tiers.2.multiplier", "2.75")
    assert Terms.from_content(content).content() == content


@pytest.mark.parametrize(
    ("amount", "tier", "points"),
    [
        (99, "bronze", 0),
        (100, "bronze", 1),
        (59_990, "bronze", 599),
        (79, "silver", 0),
        (80, "silver", 1),
        (59_990, "silver", 749),
        (66, "gold", 0),
        (67, "gold", 1),
        (59_990, "gold", 899),
        (33_333, "gold", 499),
    ],
)
def test_a_charge_earns_by_its_tier_rounded_down(amount: int, tier: str, points: int) -> None:
    assert Terms().points_for(amount, "service", tier) == points


@given(
    amount=st.integers(1, 10**12),
    rate=DECIMALS,
    kind_rate=DECIMALS,
    multiplier=st.decimals("0.000000001", 100, places=9).map(str),
)
def test_points_are_exact(amount: int, rate: str, kind_rate: str, multiplier: str) -> None:
    content = changed("points_per_rouble", rate)
    content["earning_rates"]["device"] = kind_rate
    for tier in content["tiers"]:
        tier["multiplier"] = multiplier
    exact = Fraction(amount, 100) * Fraction(rate) * Fraction(kind_rate) * Fraction(multiplier)
    points = Terms.from_content(content).points_for(amount, "device", "silver")
    assert points <= exact < points + 1


def test_points_are_exact_beyond_the_precision_of_decimals() -> None:
    third = "0." + "3" * 20
    content = changed("points_per_rouble", third)
    content["earning_rates"]["service"] = third
    exact = Fraction(third) ** 2 * 10**30
    points = Terms.from_content(content).points_for(10**32, "service", "bronze")
    assert points == exact.numerator // exact.denominator


@given(
    whole=st.integers(1, 10**7),
    kind=st.sampled_from(CHARGE_KINDS),
    tier=st.sampled_from(TIERS),
    data=st.data(),
)
def test_parts_never_earn_more_than_the_whole(
    whole: int, kind: str, tier: str, data: st.DataObject
) -> None:
    part = data.draw(st.integers(0, whole))
    terms = Terms()
    both = terms.points_for(part, kind, tier) + terms.points_for(whole - part, kind, tier)
    assert both <= terms.points_for(whole, kind, tier) <= both + 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("unknown", 1),
        ("caps.unknown", 1),
        ("caps", 1),
        ("caps", None),
        ("tiers", {}),
        ("tiers", []),
        ("tiers.0.name", "tin"),
        ("tiers.0.paid_min_minor", 1),
        ("tiers.1.paid_min_minor", 1_200_000),
        ("tiers.0.multiplier", "0"),
        ("tiers.1.multiplier", "0.5"),
        ("tiers.2.multiplier", "1.24"),
        ("tiers.1", {"name": "silver"}),
        ("earning_rates", {}),
        ("earning_rates", []),
        ("earning_rates.gift", "1"),
        ("earning_rates.device", 1),
        ("points_per_rouble", 1),
        ("points_per_rouble", 1.5),
        ("points_per_rouble", "-1"),
        ("points_per_rouble", "NaN"),
        ("points_per_rouble", "Infinity"),
        ("points_per_rouble", "one"),
        ("point_value_minor", 0),
        ("point_value_minor", True),
        ("point_value_minor", "1"),
        ("point_value_minor", 1.0),
        ("lot_life_months", 0),
        ("lot_life_months", 100_000),
        ("tier_window_months", 0),
        ("tier_window_months", 100_000),
        ("tier_grace_months", 100_000),
        ("redemption.points_min", 0),
        ("redemption.points_min", -1),
        ("redemption.reservation_hours", 0),
        ("redemption.reservation_hours", 10**9),
        ("closed_wallet_days", 10**9),
        ("referral.instalments", 0),
        ("renewal.instalments", 0),
    ],
)
def test_what_cannot_be_terms_is_refused(path: str, value: object) -> None:
    with pytest.raises(InvalidTerms):
        Terms.from_content(changed(path, value))
