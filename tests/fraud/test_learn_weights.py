"""Learning from verdicts: what is drafted, what is said of it, and who belongs together."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Identifier
from fraud.models import Assessment, RuleSetVersion
from fraud.operations.learn_weights import CURVES_LEARNT, learnt_from_verdicts
from fraud.policy.comparisons import BOOSTED, LOGISTIC
from fraud.policy.facts import Facts
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Example
from fraud.policy.scoring import judged
from fraud.queries.backtest import backtest
from fraud.queries.calibration import verdict_examples
from tests.books import dump
from tests.factories import digest, register
from tests.fraud.samples import jumping_examples
from tests.fraud.verdicts import DAY, NOW, decide, judge_examples, redeem, redeem_on_one_device

pytestmark = pytest.mark.django_db
WINDOW = ("--since", "2026-03-01", "--until", "2026-04-01")
TIME = {"since": NOW - DAY, "until": NOW + DAY}


def said(*args: str) -> str:
    out = StringIO()
    call_command("learn_weights", "--by", "ann", *args, *WINDOW, stdout=out)
    return out.getvalue()


@pytest.fixture
def jumps() -> None:
    judge_examples(jumping_examples(400))


@pytest.mark.usefixtures("jumps")
def test_boosted_curves_are_drafted_where_they_win_and_replayed_from_the_draft() -> None:
    found: dict[str, Any] = json.loads(said("--json"))
    assert found["model"] == BOOSTED
    assert [each["way"] for each in found["comparisons"]] == ["disjoint", "in_time"]
    assert all(each["auc_gain"][1] > 0 for each in found["comparisons"])
    curves = {each["path"]: each for each in found["changes"] if each["path"].startswith("curves")}
    assert set(curves) == {"curves.refund_rate", "curves.redemption_haste"}
    draft = RuleSetVersion.objects.get(number=found["draft"])
    assert draft.status == "draft"
    assert draft.note.endswith(CURVES_LEARNT)
    rules = RuleSet.from_content(draft.content)
    learnt = learnt_from_verdicts(base=RuleSet(), **TIME)
    assert learnt.proposal.rules == rules
    assert (learnt.auc or 0) > (learnt.auc_before or 1)
    # Stored assessments are judged by the draft's tables, and nothing else is loaded for it.
    tried = backtest(rules=rules, recompute=False, minutes=1, advance=lambda _: None, **TIME)
    stops = [
        judged(Facts.from_content(each.facts), rules).outcome for each in Assessment.objects.all()
    ]
    assert tried.would_review == stops.count("review")
    assert tried.subjects == 400


@pytest.mark.usefixtures("jumps")
def test_the_command_says_both_figures_both_ways_with_intervals() -> None:
    lines = said().splitlines()
    assert "Proposed: the boosted curves. They were better on held-out users both ways." in lines
    assert "Held out by devices and addresses, five times a fifth:" in lines
    assert "Held out in time, the later half:" in lines
    assert sum("normal users stopped" in line and "95 %" in line for line in lines) == 4
    assert sum("boosted less logistic" in line and "95 %" in line for line in lines) == 4
    assert any(line.startswith("  curves.refund_rate: – → ") for line in lines)


def test_where_the_boosted_is_no_better_the_logistic_is_drafted() -> None:
    # Only the refunded share is known, and it tells nothing.
    known = jumping_examples(300)
    facts = [replace(each.facts, minutes_to_first_redemption=None) for each in known]
    judge_examples([Example(one, place % 3 == 0, place) for place, one in enumerate(facts)])
    found: dict[str, Any] = json.loads(said("--json"))
    assert found["model"] == LOGISTIC
    assert len(found["comparisons"]) == 2
    assert "curves" not in RuleSetVersion.objects.get(number=found["draft"]).content
    assert "were not better" in said()


def test_too_few_verdicts_write_nothing() -> None:
    redeem(["n1"])
    decide("n1", "false_positive")
    before = dump()
    with pytest.raises(CommandError, match="there are 0 and 1"):
        said()
    assert dump() == before


def test_sharing_an_identifier_brings_together_and_a_carriers_address_does_not() -> None:
    redeem_on_one_device(["a1", "a2"])
    redeem(["b1", "b2", "c1", "c2"])
    for n in range(1, 3):
        card = digest("card", "one card")
        register(f"b{n}", identifiers=[card], card=None, now=NOW + timedelta(minutes=1))
    for n in range(1, 3):
        register(f"c{n}", identifiers=[digest("ip", "carrier")], card=None, now=NOW)
    for n in range(3):
        register(f"x{n}", identifiers=[digest("ip", "carrier")], now=NOW)
    names = ["a1", "a2", "b1", "b2", "c1", "c2"]
    for name in names:
        decide(name, "false_positive")
    for above, together in ((3, False), (4, True)):
        found = verdict_examples(**TIME, limits={**RuleSet().limits, "ip": above})
        a1, a2, b1, b2, c1, c2 = (each.group for each in found)
        assert (a1 == a2, b1 == b2, c1 == c2) == (True, True, together)
        assert len({a1, b1, c1}) == 3


def test_what_links_nobody_brings_nobody_together() -> None:
    redeem_on_one_device(["a1", "a2"])
    for name in ("a1", "a2"):
        decide(name, "false_positive")
    for limits, together in (({}, True), ({"device": 0}, False)):
        found = verdict_examples(**TIME, limits={**RuleSet().limits, **limits})
        assert (found[0].group == found[1].group) is together
    Identifier.objects.filter(kind="device").update(is_meaningless=True)
    found = verdict_examples(**TIME, limits=RuleSet().limits)
    assert found[0].group != found[1].group
