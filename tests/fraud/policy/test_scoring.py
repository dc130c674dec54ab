"""The score, the rules, and the strongest of both as the outcome."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from fraud.policy import rules, scoring, signals
from fraud.policy.facts import Facts, Match
from fraud.policy.rules import RULES
from fraud.policy.rulesets import RuleSet
from fraud.policy.scoring import band_of, judged
from tests.fraud.policy.test_facts import FACTS

PLAIN = Facts("redemption", "bill_credit", 10_000)
FAST = replace(PLAIN, is_first_redemption=True, minutes_to_first_redemption=0, accounts_on_device=2)


def failing(*_: object) -> Any:
    raise ZeroDivisionError("nobody knows")


def test_nothing_known_is_clear() -> None:
    found = judged(PLAIN, RuleSet())
    assert (found.outcome, found.band, found.score_millionths) == ("clear", "low", 0)
    assert (found.hits, found.faults, found.contributions) == ((), (), ())


def test_the_score_is_the_sum_of_its_contributions() -> None:
    found = judged(FAST, RuleSet())
    assert found.score == pytest.approx(sum(each.points for each in found.contributions), abs=1e-6)
    assert {each.signal for each in found.contributions} == {
        "accounts_on_device",
        "device_is_shared",
        "redemption_haste",
    }


@pytest.mark.parametrize(
    ("review", "block", "band", "outcome"),
    [
        ("0.9", "2", "low", "clear"),
        ("0.4", "2", "medium", "review"),
        ("0.1", "0.3", "high", "refuse"),
    ],
)
def test_thresholds(review: str, block: str, band: str, outcome: str) -> None:
    found = judged(FAST, RuleSet(review_from=Decimal(review), block_from=Decimal(block)))
    assert (found.band, found.outcome) == (band, outcome)


def test_a_score_at_the_threshold_is_stopped_and_without_thresholds_none_is() -> None:
    assert band_of(400_000, RuleSet()) == "medium"
    assert band_of(399_999, RuleSet()) == "low"
    assert band_of(10**9, RuleSet(review_from=None, block_from=None)) == "low"


@pytest.mark.parametrize(
    ("facts", "rule", "outcome"),
    [
        ({"matches": (Match("card", "list"),)}, "blocked_identifier", "refuse"),
        ({"standing": "blocked"}, "subscriber_blocked", "refuse"),
        ({"standing": "watched"}, "subscriber_watched", "review"),
        ({"matches": (Match("passport", "subscriber"),)}, "same_passport_or_card", "review"),
        (
            {"is_first_redemption": True, "instrument_is_shared": True},
            "instrument_not_unique",
            "review",
        ),
        ({"unverified": "No identity."}, "verification_missing", "wait"),
        ({"subject_type": "payout", "above_cap": "Too much."}, "above_cap", "review"),
        (
            {"subject_type": "payout", "matches": (Match("card", "inviter"),)},
            "self_referral",
            "review",
        ),
        (
            {"subject_type": "join", "matches": (Match("device", "invitee"),)},
            "shared_by_invitees",
            "review",
        ),
        (
            {"subject_type": "payout", "matches": (Match("address", "inviter"),)},
            "household",
            "review",
        ),
        (
            {"subject_type": "registration", "matches": (Match("phone", "subscriber"),)},
            "identifier_of_another",
            "review",
        ),
    ],
)
def test_rules(facts: dict[str, Any], rule: str, outcome: str) -> None:
    found = judged(replace(PLAIN, **facts), RuleSet())
    assert [hit.rule for hit in found.hits] == [rule]
    assert found.outcome == outcome
    if outcome in ("review", "refuse"):
        assert found.band != "low"


@pytest.mark.parametrize(
    "facts",
    [
        {"matches": (Match("ip", "subscriber"), Match("device", "subscriber"))},
        {"is_first_redemption": False, "instrument_is_shared": True},
        {"subject_type": "registration", "standing": "blocked"},
        {"subject_type": "redemption", "matches": (Match("card", "inviter"),)},
    ],
)
def test_what_no_rule_stops(facts: dict[str, Any]) -> None:
    assert judged(replace(PLAIN, **facts), RuleSet()).hits == ()


def test_a_rule_that_is_off_or_snoozed_is_silent() -> None:
    watched = replace(PLAIN, standing="watched")
    off = RuleSet(actions={**RuleSet().actions, "subscriber_watched": "off"})
    assert judged(watched, off).outcome == "clear"
    assert judged(replace(watched, snoozed=("subscriber_watched",)), RuleSet()).outcome == "clear"


def test_a_rule_that_raises_is_a_fault_and_leads_to_review(monkeypatch: Any) -> None:
    broken = tuple(replace(rule, hits=failing) for rule in RULES if rule.name == "above_cap")
    monkeypatch.setattr(scoring, "RULES", broken)
    found = judged(replace(PLAIN, subject_type="payout"), RuleSet())
    assert [(f.where, f.error) for f in found.faults] == [
        ("above_cap", "ZeroDivisionError: nobody knows")
    ]
    assert found.outcome == "review"


def test_a_signal_that_raises_is_a_fault_and_leads_to_review(monkeypatch: Any) -> None:
    anomaly = replace(signals.BY_NAME["anomaly"], read=failing)
    monkeypatch.setattr(scoring, "SIGNALS", (anomaly,))
    found = judged(PLAIN, RuleSet())
    assert [fault.where for fault in found.faults] == ["anomaly"]
    assert (found.values, found.outcome) == ({"anomaly": None}, "review")


@given(FACTS)
def test_anything_known_is_judged_without_fault(facts: Facts) -> None:
    found = judged(facts, RuleSet())
    assert found.faults == ()
    assert found.score_millionths >= 0
    assert judged(facts, RuleSet()) == found


# What people do who are nobody's fraud; see the weights.
NORMAL: dict[str, dict[str, Any]] = {
    "a couple on one tablet at home": {
        "accounts_on_device": 1,
        "accounts_on_ip": 1,
        "others_at_device_and_address": 1,
        "registrations_per_day": 1,
    },
    "a family of six behind one address, registered together": {
        "accounts_on_device": 0,
        "accounts_on_ip": 5,
        "registrations_per_day": 5,
    },
    "somebody abroad who redeems two hours after activation": {
        "is_first_redemption": True,
        "minutes_to_first_redemption": 120,
        "accounts_on_ip": 40,
    },
}


@pytest.mark.parametrize("name", NORMAL)
def test_normal_subscribers_stay_beneath_the_threshold(name: str) -> None:
    assert judged(replace(PLAIN, **NORMAL[name]), RuleSet()).outcome == "clear"


def test_every_rule_has_a_default_action() -> None:
    assert set(RuleSet().actions) == set(rules.BY_NAME)
