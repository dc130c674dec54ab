"""Rule sets: read strictly, kept whole, told apart item by item."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.policy.rule_set_changes import changes_between, content_with, items_by_path
from fraud.policy.rules import ACTIONS, RULES
from fraud.policy.rulesets import LIMITED_KINDS, InvalidRuleSet, RuleSet, with_review_from
from fraud.policy.signals import BY_NAME, SIGNALS, scaled

DECIMALS = st.decimals(0, 100, places=4).map(str)
CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        "weights": st.dictionaries(st.sampled_from([s.name for s in SIGNALS]), DECIMALS),
        "actions": st.dictionaries(
            st.sampled_from([r.name for r in RULES if not r.is_fixed]), st.sampled_from(ACTIONS)
        ),
        "review_from": st.none() | st.decimals(0, 1, places=3).map(str),
        "block_from": st.none() | st.decimals(2, 9, places=3).map(str),
        "carrier_ip_above": st.integers(1, 10**6),
        "links_above": st.dictionaries(st.sampled_from(LIMITED_KINDS), st.integers(1, 10**6)),
        "device_accounts_above": st.integers(1, 10**6),
        "sample_share": st.decimals(0, 1, places=3).map(str),
        "curves": st.dictionaries(
            st.sampled_from(["anomaly", "refund_rate"]),
            st.none() | st.sampled_from([[["0", "0"], ["0.5", "1"]], [["1", "0.25"]]]),
        ),
    },
)


@given(CONTENTS)
def test_a_rule_set_comes_back_from_its_content_and_its_items(content: dict[str, Any]) -> None:
    rules = RuleSet.from_content(content)
    assert RuleSet.from_content(rules.content()) == rules
    assert RuleSet.from_content(content_with(items_by_path(rules))) == rules
    assert changes_between(rules, RuleSet.from_content(rules.content())) == []


@given(CONTENTS, CONTENTS)
def test_changes_say_everything_that_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    old, new = RuleSet.from_content(one), RuleSet.from_content(other)
    changed = {each.path: each.new for each in changes_between(old, new)}
    assert RuleSet.from_content(content_with({**items_by_path(old), **changed})) == new


def test_a_rule_set_without_curves_is_written_and_scores_as_before() -> None:
    assert "curves" not in RuleSet().content()
    assert RuleSet.from_content({"curves": {"anomaly": None}}) == RuleSet()
    for signal in SIGNALS:
        assert RuleSet().x_of(signal, 3.0) == scaled(signal, 3.0)


def test_a_curve_takes_the_place_of_the_signals_own_and_a_threshold_leaves_it() -> None:
    rules = RuleSet.from_content({"curves": {"redemption_haste": [["0", "1"], ["5", "0.25"]]}})
    haste, anomaly = BY_NAME["redemption_haste"], BY_NAME["anomaly"]
    assert [rules.x_of(haste, value) for value in (0, 4, 5, 10**9)] == [1, 1, 0.25, 0.25]
    assert rules.x_of(anomaly, 30) == scaled(anomaly, 30)
    assert with_review_from(rules, 123_456).curves == rules.curves


def test_equal_numbers_are_no_change() -> None:
    old = RuleSet.from_content({"weights": {"anomaly": "0.3"}})
    new = RuleSet.from_content({"weights": {"anomaly": "0.30"}, "sample_share": "0.02"})
    [change] = changes_between(old, new)
    assert change == ("sample_share", Decimal("0.01"), Decimal("0.02"))


@pytest.mark.parametrize(
    "content",
    [
        {"weight": {}},
        {"weights": {"astrology": "1"}},
        {"weights": []},
        {"weights": {"anomaly": 0.3}},
        {"weights": {"anomaly": True}},
        {"weights": {"anomaly": "NaN"}},
        {"weights": {"anomaly": "Infinity"}},
        {"weights": {"anomaly": "-0.1"}},
        {"weights": {"anomaly": "101"}},
        {"weights": {"anomaly": "much"}},
        {"weights": {"anomaly": None}},
        {"actions": {"astrology": "off"}},
        {"actions": {"household": "shrug"}},
        {"actions": {"above_cap": "off"}},
        {"actions": {"verification_missing": "review"}},
        {"actions": "off"},
        {"curves": []},
        {"curves": {"astrology": [["0", "0"]]}},
        {"curves": {"anomaly": []}},
        {"curves": {"anomaly": [["0", "1"], ["1", "0"]]}},
        {"curves": {"redemption_haste": [["0", "0"], ["1", "1"]]}},
        {"review_from": "sNaN"},
        {"review_from": "0.9", "block_from": "0.9"},
        {"review_from": "2", "block_from": "1"},
        {"review_from": 1},
        {"carrier_ip_above": 0},
        {"carrier_ip_above": True},
        {"carrier_ip_above": "50"},
        {"links_above": {"device": 0}},
        {"links_above": {"device": "50"}},
        {"links_above": {"ip": 50}},
        {"links_above": {"horoscope": 50}},
        {"links_above": 50},
        {"device_accounts_above": 0},
        {"device_accounts_above": 10**6 + 1},
        {"sample_share": "1.01"},
        {"sample_share": 0.01},
    ],
)
def test_what_is_no_rule_set(content: dict[str, Any]) -> None:
    with pytest.raises(InvalidRuleSet):
        RuleSet.from_content(content)


def test_what_can_not_go_live() -> None:
    assert RuleSet().fault_for_approval() is None
    assert RuleSet(review_from=None).fault_for_approval()
    assert RuleSet(block_from=None).fault_for_approval()
    weightless = {name: Decimal(0) for name in RuleSet().weights}
    assert RuleSet(weights=weightless).fault_for_approval()
