"""Trials in the admin: asked for, followed, read and drafted, by whoever may."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

from fraud.models import Case, RuleSetVersion, Trial
from fraud.operations.change_rule_sets import draft_rules
from fraud.operations.request_trials import request_backtest, request_learning
from fraud.operations.run_trials import run_next_trial
from fraud.policy.rulesets import InvalidRuleSet, RuleSet
from tests.admin.conftest import LogIn, sentences_of
from tests.fraud.samples import jumping_examples
from tests.fraud.verdicts import NOW, decide, judge_examples, redeem, redeem_on_one_device

pytestmark = pytest.mark.django_db

LIST = "admin:fraud_trial_changelist"
STARTS = ("fraud.view_trial", "fraud.add_trial", "fraud.view_case")
WINDOW = {"since": "2026-03-01", "upto": "2026-03-31"}
LENIENT = RuleSet().content() | {"review_from": "50", "block_from": "60"}


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def page_of(browser: Browser, trial: Trial) -> str:
    return text(browser.get(reverse("admin:fraud_trial_change", args=[trial.pk])))


def run() -> Trial:
    found = run_next_trial(worker=uuid4().hex, clock=lambda: datetime.now(UTC))
    assert found is not None
    return found


def start(browser: Browser, kind: str, **said: Any) -> Trial:
    """Fill in a form, and run what it asks for."""
    answer = browser.post(reverse(f"admin:fraud_trial_{kind}"), {"rule_set": 1, **WINDOW, **said})
    assert answer.status_code == 302, text(answer)
    trial = Trial.objects.latest("id")
    assert answer["Location"] == reverse("admin:fraud_trial_change", args=[trial.pk])
    return trial


@pytest.fixture
def senior(log_in: LogIn) -> Browser:
    return log_in(*STARTS, "fraud.change_rulesetversion", name="senior")


@pytest.fixture
def reader(log_in: LogIn) -> Browser:
    return log_in("fraud.view_trial", name="reader")


@pytest.fixture
def judged() -> None:
    """Four on one device, reviewed: three frauds and a normal one; five others, cleared."""
    redeem_on_one_device(["f1", "f2", "f3", "n1"])
    redeem(["n2", "n3", "n4", "n5", "n6"])
    for name in ("f1", "f2", "f3"):
        decide(name, "confirmed_fraud", minutes=4)
    decide("n1", "false_positive", minutes=6)


@pytest.mark.usefixtures("judged")
def test_a_backtest_from_the_form_to_its_result(senior: Browser) -> None:
    draft_rules(content=LENIENT, note="Stops nothing", by="maker")
    assert "2 (draft): Stops nothing" in text(senior.get(reverse("admin:fraud_trial_backtest")))
    trial = start(senior, "backtest", rule_set=2, minutes_per_case="30")
    assert (trial.requested_by, trial.rule_set_id) == ("senior", 2)
    # From midnight to midnight in the program's zone, the last day included.
    assert trial.since.isoformat() == "2026-02-28T21:00:00+00:00"
    assert trial.until.isoformat() == "2026-03-31T21:00:00+00:00"
    assert "It waits for a worker" in page_of(senior, trial)
    run()
    shown = page_of(senior, trial)
    assert "Rule set 2 over 9 benefits of 900\u00a0₽" in shown
    assert "400\u00a0₽ that was stopped would have been let out" in shown
    # Frauds stopped: three of three then, none of three now.
    assert "100.00\u00a0% (43.85–100.00\u00a0%), 3 of 3" in shown
    assert "0.00\u00a0% (0.00–56.15\u00a0%), 0 of 3" in shown
    assert "2.0 → 0.0 analysts" in shown
    case = Case.objects.get(subject_id="r-f1")
    assert reverse("admin:fraud_case_change", args=[case.pk]) in shown


def test_a_calibration_is_drafted_once_by_whoever_may(senior: Browser, log_in: LogIn) -> None:
    frauds = ["f1", "f2", "f3"]
    redeem_on_one_device(frauds)
    redeem(["n1", "n2", "n3", "n4", "n5", "n6"])
    for name in frauds:
        decide(name, "confirmed_fraud")
    trial = start(senior, "calibration", limit="45")
    assert trial.options == {"false_positives_max_millionths": 450_000}
    run()
    shown = page_of(senior, trial)
    assert "is beneath the limit of 45.00\u00a0%" in shown
    assert "ROC curve: the area under it is" in shown
    address = reverse("admin:fraud_trial_draft", args=[trial.pk])
    manager = log_in(*STARTS, name="manager")
    assert address not in page_of(manager, trial)
    assert manager.post(address).status_code == 403
    assert senior.get(address).status_code == 405
    assert address in shown
    for _ in range(2):
        [said] = sentences_of(senior.post(address, follow=True))
        assert said.startswith("Rule set 2 is a draft.")
    assert RuleSetVersion.objects.count() == 2
    shown = page_of(senior, trial)
    assert "senior has made rule set" in shown
    assert address not in shown


@pytest.mark.usefixtures("judged")
def test_a_limit_that_nothing_keeps_within_is_explained(senior: Browser) -> None:
    trial = start(senior, "calibration", limit="1")
    run()
    shown = page_of(senior, trial)
    assert "there were too few normal users to be sure by" in shown
    assert "Of 6, even where none is stopped the true share may be 39.03\u00a0%" in shown
    address = reverse("admin:fraud_trial_draft", args=[trial.pk])
    assert address not in shown
    assert sentences_of(senior.post(address, follow=True)) == [
        "This trial has accepted no threshold."
    ]
    assert senior.post(reverse("admin:fraud_trial_draft", args=[0])).status_code == 404


def test_a_time_without_anything_says_so(senior: Browser) -> None:
    tried = start(senior, "backtest")
    calibrated = start(senior, "calibration", limit="1")
    run()
    run()
    assert "No benefit was assessed in this time" in page_of(senior, tried)
    assert "Nothing was assessed in this time" in page_of(senior, calibrated)


def test_normal_users_without_a_fraud_say_so(senior: Browser) -> None:
    redeem(["n1", "n2"])
    trial = start(senior, "calibration", limit="1")
    run()
    assert "Nobody was found to be a fraud in this time" in page_of(senior, trial)


def test_learnt_weights_show_before_and_after(senior: Browser) -> None:
    for ring in range(8):
        names = [f"f{ring}-{n}" for n in range(4)]
        redeem_on_one_device(names)
        for name in names:
            decide(name, "confirmed_fraud")
    normal = [f"n{n}" for n in range(30)]
    redeem(normal)
    for name in normal:
        decide(name, "false_positive")
    trial = start(senior, "learning")
    run()
    shown = page_of(senior, trial)
    assert "Learnt from 32 frauds and 30 normal users" in shown
    assert "there were too few for both comparisons" in shown
    assert "The weights are in draft" in shown
    trial.refresh_from_db()
    assert trial.draft_id == 2
    assert trial.result is not None
    for change in trial.result["changes"]:
        assert change["new"] in shown


def test_learned_curves_are_drawn_and_both_models_compared(senior: Browser) -> None:
    judge_examples(jumping_examples(300))
    trial = start(senior, "learning")
    run()
    shown = page_of(senior, trial)
    assert "The draft counts by learned curves of a boosted model" in shown
    assert shown.count("<polyline") == 2
    assert "Held out by devices and addresses" in shown
    assert "Held out in time" in shown
    assert shown.count("percentage points") == 2
    # Trials of before both were tried kept less.
    trial.refresh_from_db()
    assert trial.result is not None
    del trial.result["model"], trial.result["comparisons"]
    Trial.objects.filter(pk=trial.pk).update(result=trial.result)
    assert "Held out" not in page_of(senior, trial)


def test_a_failed_trial_says_why_and_can_be_asked_for_again(senior: Browser) -> None:
    trial = start(senior, "learning")
    run()
    shown = page_of(senior, trial)
    assert "It ended without a result" in shown
    assert "at least 30 frauds" in shown
    again = f"{reverse('admin:fraud_trial_learning')}?again={trial.pk}"
    assert again in shown
    form = senior.get(again).context["form"]
    assert {name: str(value) for name, value in form.initial.items()} == {"rule_set": "1", **WINDOW}


def test_an_error_of_the_program_is_shown(senior: Browser) -> None:
    trial = start(senior, "backtest")
    Trial.objects.update(rules={"weights": {"dreams": "1"}})
    with pytest.raises(InvalidRuleSet):
        run()
    assert "The program ended it with InvalidRuleSet" in page_of(senior, trial)


def test_progress_is_told_while_it_runs(reader: Browser) -> None:
    trial = asked()
    address = reverse("admin:fraud_trial_progress", args=[trial.pk])
    assert reader.get(address).json() == {
        "is_under_way": True,
        "status": "waiting",
        "percent": 0,
        "said": "It waits for a worker: one trial runs at a time.",
    }
    later = datetime.now(UTC) + timedelta(minutes=1)
    Trial.objects.update(
        status="running", claimed_at=NOW, claimed_by="w", leased_until=later, done=500, total=2_000
    )
    said = reader.get(address).json()
    assert (said["percent"], said["said"]) == (25, "500 of about 2,000 assessments")
    assert address in page_of(reader, trial)
    assert "25&nbsp;%" in text(reader.get(reverse(LIST)))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("backtest", {"since": "2026-04-01"}),
        ("backtest", {"rule_set": 9}),
        ("backtest", {"minutes_per_case": "0"}),
        ("calibration", {"limit": "0"}),
        ("calibration", {"limit": "51"}),
        ("calibration", {}),
        ("learning", {"upto": ""}),
    ],
)
def test_what_cannot_be_tried_stays_in_the_form(
    senior: Browser, kind: str, said: dict[str, Any]
) -> None:
    answer = senior.post(reverse(f"admin:fraud_trial_{kind}"), {"rule_set": 1, **WINDOW, **said})
    assert "field-error" in text(answer)
    assert not Trial.objects.exists()


def test_who_may_only_read_starts_nothing(reader: Browser) -> None:
    trial = asked()
    assert reader.get(reverse(LIST)).status_code == 200
    assert page_of(reader, trial)
    shown = text(reader.get(reverse(LIST)))
    for kind in ("backtest", "calibration", "learning"):
        address = reverse(f"admin:fraud_trial_{kind}")
        assert address not in shown
        for answer in (reader.get(address), reader.post(address, {"rule_set": 1, **WINDOW})):
            assert answer.status_code == 403
    assert reader.post(reverse("admin:fraud_trial_draft", args=[trial.pk])).status_code == 403
    assert Trial.objects.count() == 1


def test_who_may_start_but_not_draft_learns_nothing(log_in: LogIn) -> None:
    manager = log_in(*STARTS, name="manager")
    trial = request_learning(rule_set=1, since=NOW, until=NOW + timedelta(1), by="x", now=NOW)
    run()
    learning = reverse("admin:fraud_trial_learning")
    assert learning not in text(manager.get(reverse(LIST)))
    assert learning not in page_of(manager, trial)
    assert manager.post(learning, {"rule_set": 1, **WINDOW}).status_code == 403


def test_a_stranger_sees_no_trial(log_in: LogIn) -> None:
    stranger, trial = log_in("accounts.view_subscriber"), asked()
    for name in ("change", "progress"):
        address = reverse(f"admin:fraud_trial_{name}", args=[trial.pk])
        assert stranger.get(address).status_code == 403
        assert Browser().get(address).status_code == 302
    assert reverse(LIST) not in text(stranger.get(reverse("admin:index")))


def asked() -> Trial:
    return request_backtest(
        rule_set=1,
        since=NOW,
        until=NOW + timedelta(days=1),
        recompute=False,
        minutes_per_case=None,
        by="ann",
        now=NOW,
    )
