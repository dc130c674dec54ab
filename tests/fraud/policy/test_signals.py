"""Signals: what each measures, what is missing, and how a value becomes x."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.policy.facts import Facts, Group, Match, Money, Place, Referrals
from fraud.policy.signals import BY_NAME, SIGNALS, falling, measured, rising, saturating, scaled

BONUS = Facts("payout", "referral_bonus", 30_000)
FIRST = Facts("redemption", "bill_credit", 10_000, is_first_redemption=True)


def test_what_is_not_known_is_missing_and_never_zero() -> None:
    assert set(measured(BONUS).values()) == {None}


@pytest.mark.parametrize(
    ("name", "facts", "value"),
    [
        ("accounts_on_device", {"accounts_on_device": 3}, 3),
        ("device_is_shared", {"accounts_on_device": 3}, 1),
        ("device_is_shared", {"accounts_on_device": 0}, 0),
        ("accounts_on_ip", {"accounts_on_ip": 0}, 0),
        ("registrations_per_day", {"registrations_per_day": 2}, 2),
        ("refund_rate", {"money": Money(100, 25, 0)}, 0.25),
        ("refund_rate", {"money": Money(0, 0, 0)}, None),
        ("chargeback_rate", {"money": Money(100, 25, 5)}, 0.05),
        ("country_differs", {"ip": Place("RU"), "home": Place("KZ")}, 1),
        ("country_differs", {"ip": Place("RU"), "home": Place("RU")}, 0),
        ("country_differs", {"ip": Place("RU")}, None),
        ("region_differs", {"ip": Place("RU", "Moscow"), "home": Place("RU", "Tver")}, 1),
        ("region_differs", {"ip": Place("RU", "Moscow"), "home": Place("RU")}, None),
        ("referral_burst", {"referrals": Referrals(5, 1.0)}, 4),
        ("referral_burst", {"referrals": Referrals(0, 4.0)}, 0),
        ("referral_burst", {"referrals": Referrals(6, 4.0)}, 1),
        ("referral_burst", {"referrals": Referrals(6, 6.0, 1.0, 0.1)}, 5),
        ("just_above_gate", {"arpu_minor": 50_000, "arpu_needed_minor": 50_000}, 1),
        ("just_above_gate", {"arpu_minor": 55_000, "arpu_needed_minor": 50_000}, 0.5),
        ("just_above_gate", {"arpu_minor": 60_000, "arpu_needed_minor": 50_000}, 0),
        ("just_above_gate", {"arpu_minor": 10_000, "arpu_needed_minor": 50_000}, 0),
        ("device_and_address", {"others_at_device_and_address": 1}, 1),
        ("group_size", {"group": Group(5, 4)}, 4),
        ("group_shape", {"group": Group(4, 3)}, 0.5),
        ("group_shape", {"group": Group(2, 1)}, 0),
        ("group_shape", {"group": Group(2, 1, has_cycle=True)}, 1),
        ("anomaly", {"anomaly": 97.5}, 97.5),
    ],
)
def test_values(name: str, facts: dict[str, object], value: float | None) -> None:
    read = BY_NAME[name].read(replace(BONUS, **facts))  # type: ignore[arg-type]
    assert read == (None if value is None else pytest.approx(value))


def test_an_address_shared_with_the_inviter_is_no_match_of_parties() -> None:
    referral = replace(BONUS, arpu_needed_minor=50_000)
    at_home = (Match("ip", "inviter"), Match("card", "subscriber"))
    read = BY_NAME["party_matches"].read
    assert read(replace(referral, matches=at_home)) == 0
    both = (*at_home, Match("card", "inviter"), Match("card", "invitee"), Match("phone", "invitee"))
    assert read(replace(referral, matches=both)) == 2
    assert read(replace(BONUS, matches=both)) is None


def test_haste_is_judged_at_the_first_redemption_and_not_for_ever() -> None:
    haste = BY_NAME["redemption_haste"].read
    assert haste(replace(FIRST, minutes_to_first_redemption=0)) == 0
    later = replace(FIRST, is_first_redemption=False, minutes_to_first_redemption=0)
    assert haste(later) is None
    # A bonus asks how its invitee began.
    assert haste(replace(BONUS, minutes_to_first_redemption=0)) == 0


@given(st.floats(-1e6, 1e9), st.sampled_from(SIGNALS))
def test_x_lies_between_nothing_and_whole(value: float, signal: object) -> None:
    assert 0 <= scaled(signal, value) <= 1  # type: ignore[arg-type]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.5, 100))
def test_curves_keep_the_order_of_values(one: float, other: float, scale: float) -> None:
    low, high = sorted((one, other))
    assert rising(low, scale) <= rising(high, scale)
    assert saturating(low, scale) <= saturating(high, scale)
    assert falling(low, scale) >= falling(high, scale)


def test_curves_at_their_scale() -> None:
    assert (rising(4, 4), saturating(4, 4), falling(15, 15)) == (1, 1, 0.5)
    assert (rising(0, 4), saturating(0, 4), falling(0, 15)) == (0, 0, 1)
