"""Backtests, calibration, learning and export over stored assessments."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from fraud.models import Assessment, RuleSetVersion
from fraud.operations.change_rule_sets import draft_rules
from fraud.policy.rulesets import RuleSet
from tests.books import dump
from tests.fraud.verdicts import DAY, NOW, VALUE_MINOR, decide, redeem, redeem_on_one_device

pytestmark = pytest.mark.django_db
WINDOW = ("--since", "2026-03-01", "--until", "2026-04-01")


def said(command: str, *args: str) -> dict[str, Any]:
    out = StringIO()
    call_command(command, *args, *WINDOW, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def judged() -> None:
    """Four on one device, reviewed: three frauds and a normal one; five others, cleared."""
    redeem_on_one_device(["f1", "f2", "f3", "n1"])
    redeem(["n2", "n3", "n4", "n5", "n6"])
    for name in ("f1", "f2", "f3"):
        decide(name, "confirmed_fraud", minutes=4)
    decide("n1", "false_positive", minutes=6)
    decide("n2", "false_positive", minutes=6)


@pytest.mark.usefixtures("judged")
def test_the_live_rules_would_do_what_they_did() -> None:
    before = dump()
    found = said("backtest_rules")
    assert dump() == before
    assert (found["rule_set"], found["subjects"]) == (1, 9)
    assert (found["stopped"], found["released"], found["flipped"]) == ("0.00", "0.00", 0)
    assert found["happened"] == found["would_be"]
    happened = found["happened"]
    assert (happened["true_positives"], happened["false_positives"]) == (3, 1)
    assert (happened["true_negatives"], happened["false_negatives"]) == (1, 0)
    assert happened["true_positive_rate"]["value"] == 1.0
    assert 0.4 < happened["true_positive_rate"]["lower"] < 0.5
    assert (found["reviews"], found["minutes_per_case"]) == (4, 4.0)
    assert found["hours"] == pytest.approx(4 * 4 / 60)


@pytest.mark.usefixtures("judged")
def test_rules_that_stop_nothing_would_have_let_frauds_out() -> None:
    lenient = RuleSet().content() | {"review_from": "50", "block_from": "60"}
    draft_rules(content=lenient, note="", by="maker")
    found = said("backtest_rules", "--ruleset", "2", "--minutes-per-case", "30")
    assert found["released"] == f"{4 * VALUE_MINOR / 100:.2f}"
    assert (found["would_be"]["false_negatives"], found["would_be"]["false_positives"]) == (3, 0)
    assert (found["flipped"], len(found["flips"])) == (4, 4)
    assert (found["hours"], found["would_take_hours"]) == (2.0, 0.0)
    out = StringIO()
    call_command("backtest_rules", "--ruleset", "2", stdout=out)
    assert "Verdicts that would flip: 4" in out.getvalue()


@pytest.mark.usefixtures("judged")
def test_recomputed_facts_are_those_of_the_moment() -> None:
    # What came later changes nothing.
    redeem_on_one_device(["f1-later", "x"], now=NOW + 30 * DAY)
    assert said("backtest_rules", "--recompute") == said("backtest_rules")


def test_a_subject_counts_once_as_it_was_found_first(judged: None) -> None:
    # The same redemptions, screened again when more share the device.
    redeem_on_one_device(["f1", "f2", "f3", "n1", "f4"], now=NOW + timedelta(hours=1))
    assert said("backtest_rules")["subjects"] == 10


def test_an_unknown_rule_set_and_a_window_without_end_are_refused() -> None:
    with pytest.raises(CommandError, match="no rule set 9"):
        said("backtest_rules", "--ruleset", "9")
    with pytest.raises(CommandError, match="before --until"):
        call_command("backtest_rules", "--since", "2026-04-01", "--until", "2026-03-01")


@pytest.mark.usefixtures("judged")
def test_no_threshold_is_accepted_on_a_handful() -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="No threshold is accepted"):
        call_command("calibrate", "--save", "--by", "ann", "--json", *WINDOW, stdout=out)
    assert json.loads(out.getvalue())["accepted"] is None
    assert RuleSetVersion.objects.count() == 1


@pytest.mark.usefixtures("judged")
def test_nothing_is_calibrated_without_a_fraud() -> None:
    with pytest.raises(CommandError, match="nothing to calibrate by"):
        call_command("calibrate", "--until", "2026-03-01")


@pytest.mark.usefixtures("judged")
def test_a_threshold_within_the_limit_is_saved_as_a_draft() -> None:
    found = said("calibrate", "--fpr-max", "0.6", "--save", "--by", "ann")
    assert (found["frauds"], found["normal"], found["undecided"]) == (3, 6, 0)
    accepted = found["accepted"]
    assert accepted["true_positive_rate"] == 1.0
    assert accepted["false_positive_rate_upper"] < 0.6
    assert found["curve"][0]["score"] >= found["curve"][-1]["score"]
    draft = RuleSetVersion.objects.get(number=2)
    assert (draft.status, draft.authors) == ("draft", ["ann"])
    assert float(draft.content["review_from"]) == accepted["score"]
    assert float(draft.content["block_from"]) > accepted["score"]
    assert draft.content["weights"] == RuleSet().content()["weights"]


def test_weights_are_learnt_into_a_draft() -> None:
    frauds, normal = [f"f{n}" for n in range(30)], [f"n{n}" for n in range(30)]
    for start in range(0, 30, 5):
        redeem_on_one_device(frauds[start : start + 5])
    redeem(normal)
    for name in frauds:
        decide(name, "confirmed_fraud")
    for name in normal[1:]:
        decide(name, "false_positive")
    with pytest.raises(CommandError, match="there are 30 and 29"):
        said("learn_weights", "--by", "ann")
    assert RuleSetVersion.objects.count() == 1
    decide(normal[0], "false_positive")
    found = said("learn_weights", "--by", "ann")
    draft = RuleSetVersion.objects.get(number=found["draft"])
    assert (draft.status, found["frauds"], found["normal"]) == ("draft", 30, 30)
    assert found["auc"] == pytest.approx(1.0)
    weights = {name: float(weight) for name, weight in draft.content["weights"].items()}
    assert min(weights.values()) >= 0
    # What no verdict tells of stays, and the learnt ones weigh as much together.
    assert weights["chargeback_rate"] == 0.25
    base = sum(map(float, RuleSet().content()["weights"].values()))
    assert sum(weights.values()) == pytest.approx(base, abs=0.01)


@pytest.mark.usefixtures("judged")
def test_assessments_are_exported_whole(tmp_path: Path) -> None:
    path = tmp_path / "assessments.parquet"
    call_command("export_assessments", str(path), *WINDOW, stdout=StringIO())
    rows = pq.read_table(path).to_pylist()
    assert len(rows) == Assessment.objects.count() == 9
    kept = {str(each.pk): each for each in Assessment.objects.all()}
    for row in rows:
        each = kept[str(row["id"])]
        assert json.loads(row["facts"]) == each.facts
        assert (row["assessed_at"], row["outcome"]) == (each.assessed_at, each.outcome)
    assert {row["verdict"] for row in rows} == {"confirmed_fraud", "false_positive", ""}
    assert [path.name for path in tmp_path.iterdir()] == ["assessments.parquet"]


def test_an_export_of_nothing_is_a_file_and_one_to_nowhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    call_command("export_assessments", str(path), stdout=StringIO())
    assert pq.read_table(path).num_rows == 0
    with pytest.raises(CommandError, match="can't be written"):
        call_command("export_assessments", str(tmp_path / "no" / "where.parquet"))
