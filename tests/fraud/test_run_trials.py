"""Trials of rule sets: asked for, run once, found again after a worker's death, and drafted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from fraud.models import RuleSetVersion, Trial
from fraud.operations.change_rule_sets import change_draft, draft_rules
from fraud.operations.draft_from_trials import draft_threshold
from fraud.operations.request_trials import (
    request_backtest,
    request_calibration,
    request_learning,
)
from fraud.operations.run_trials import LEASE, TRIES_MAX, run_next_trial
from fraud.policy.rulesets import InvalidRuleSet, RuleSet, UnknownRuleSet
from fraud.policy.trials import InvalidTrial, TrialHasNoThreshold, UnknownTrial
from tests.books import dump, news
from tests.fraud.verdicts import DAY, NOW, VALUE_MINOR, decide, redeem, redeem_on_one_device

pytestmark = pytest.mark.django_db

SINCE, UNTIL = NOW - DAY, NOW + DAY
ASKED: dict[str, Any] = {"since": SINCE, "until": UNTIL, "by": "ann", "now": NOW}
LENIENT = RuleSet().content() | {"review_from": "50", "block_from": "60"}


class Killed(BaseException):
    """What a worker doesn't survive."""


@dataclass
class Clock:
    """Goes on by two seconds with every look, and fails at one of them if it is told to."""

    at: datetime = NOW
    looks: int = 0
    fails_at: int = 0
    error: BaseException = field(default_factory=Killed)

    def __call__(self) -> datetime:
        self.looks += 1
        if self.looks == self.fails_at:
            raise self.error
        self.at += timedelta(seconds=2)
        return self.at


def backtest_of(rule_set: int = 1, **said: Any) -> Trial:
    asked = {"recompute": False, "minutes_per_case": 30, **ASKED, **said}
    return request_backtest(rule_set=rule_set, **asked)


def calibration_of(limit_millionths: int = 600_000, rule_set: int = 1) -> Trial:
    return request_calibration(
        rule_set=rule_set, false_positives_max_millionths=limit_millionths, **ASKED
    )


def run(worker: str = "w", clock: Callable[[], datetime] | None = None) -> Trial:
    found = run_next_trial(worker=worker, clock=clock or Clock())
    assert found is not None
    return found


def result_of(trial: Trial) -> dict[str, Any]:
    assert trial.result is not None
    found: dict[str, Any] = trial.result
    return found


@pytest.fixture
def judged() -> None:
    """Four on one device, reviewed: three frauds and a normal one; five others, cleared."""
    redeem_on_one_device(["f1", "f2", "f3", "n1"])
    redeem(["n2", "n3", "n4", "n5", "n6"])
    for name in ("f1", "f2", "f3"):
        decide(name, "confirmed_fraud", minutes=4)
    decide("n1", "false_positive", minutes=6)


@pytest.mark.usefixtures("judged")
def test_a_backtest_keeps_what_it_found() -> None:
    draft_rules(content=LENIENT, note="", by="maker")
    asked = backtest_of(2)
    assert (asked.status, asked.done, asked.requested_by) == ("waiting", 0, "ann")
    assert news("trial.requested") == [{"trial_id": asked.pk, "kind": "backtest"}]
    ran = run()
    assert (ran.pk, ran.status, ran.done, ran.total) == (asked.pk, "done", 9, 9)
    assert (ran.leased_until, ran.failure) == (None, "")
    found = result_of(ran)
    assert (found["subjects"], found["flipped"]) == (9, 4)
    assert (found["released_minor"], found["stopped_minor"]) == (4 * VALUE_MINOR, 0)
    assert found["happened"]["true_positives"] == found["would_be"]["false_negatives"] == 3
    assert (found["hours"], found["would_take_hours"]) == (2.0, 0.0)
    assert {flip["subject_id"] for flip in found["flips"]} == {"r-f1", "r-f2", "r-f3", "r-n1"}
    said = {"trial_id": ran.pk, "kind": "backtest", "status": "done"}
    assert news("trial.finished") == [said]


@pytest.mark.usefixtures("judged")
def test_a_draft_is_tried_as_it_was_when_it_was_asked_for() -> None:
    draft_rules(content=LENIENT, note="", by="maker")
    backtest_of(2)
    change_draft(number=2, content=RuleSet().content(), note="", by="maker")
    assert result_of(run())["flipped"] == 4


@pytest.mark.usefixtures("judged")
def test_a_calibration_keeps_its_curve_and_becomes_a_draft_once() -> None:
    asked = calibration_of()
    with pytest.raises(TrialHasNoThreshold):
        draft_threshold(trial_id=asked.pk, by="ben", now=NOW)
    found = result_of(run())
    assert (found["frauds"], found["normal"], found["undecided"]) == (3, 6, 0)
    assert found["accepted"]["caught"] == [3, 3]
    assert found["points"][0]["score_millionths"] > found["points"][-1]["score_millionths"]
    drafts = {draft_threshold(trial_id=asked.pk, by=by, now=NOW).pk for by in ("ben", "eve")}
    assert drafts == {2}
    asked.refresh_from_db()
    assert (asked.draft_id, asked.drafted_by) == (2, "ben")
    draft = RuleSet.from_content(RuleSetVersion.objects.get(number=2).content)
    assert draft.review_from is not None
    assert draft.review_from * 1_000_000 == found["accepted"]["score_millionths"]
    assert draft.weights == RuleSet().weights


@pytest.mark.usefixtures("judged")
def test_no_draft_is_made_where_no_threshold_is_accepted() -> None:
    asked = calibration_of(10_000)
    assert result_of(run())["accepted"] is None
    tried = backtest_of()
    run("w2")
    for trial_id in (asked.pk, tried.pk):
        with pytest.raises(TrialHasNoThreshold):
            draft_threshold(trial_id=trial_id, by="ben", now=NOW)
    with pytest.raises(UnknownTrial):
        draft_threshold(trial_id=0, by="ben", now=NOW)
    assert RuleSetVersion.objects.count() == 1


def test_a_time_without_anything_gives_an_empty_result() -> None:
    backtest_of()
    calibration_of()
    assert result_of(run())["subjects"] == 0
    found = result_of(run("w2"))
    assert (found["frauds"], found["points"], found["accepted"]) == (0, [], None)


def test_weights_are_learnt_into_a_draft() -> None:
    for ring in range(8):
        names = [f"f{ring}-{n}" for n in range(4)]
        redeem_on_one_device(names)
        for name in names:
            decide(name, "confirmed_fraud")
    normal = [f"n{n}" for n in range(30)]
    redeem(normal)
    for name in normal:
        decide(name, "false_positive")
    request_learning(rule_set=1, **ASKED)
    ran = run()
    assert (ran.status, ran.draft_id, ran.drafted_by) == ("done", 2, "ann")
    assert (result_of(ran)["frauds"], result_of(ran)["normal"]) == (32, 30)
    assert result_of(ran)["changes"]
    assert RuleSetVersion.objects.get(number=2).status == "draft"


@pytest.mark.usefixtures("judged")
def test_too_few_verdicts_end_a_trial_with_that_sentence() -> None:
    request_learning(rule_set=1, **ASKED)
    ran = run()
    assert (ran.status, ran.result) == ("failed", None)
    assert "at least 30 frauds" in ran.failure
    assert RuleSetVersion.objects.count() == 1


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("look", range(2, 7))
def test_a_killed_run_is_found_again_and_ends_as_if_nothing_had_been(look: int) -> None:
    backtest_of()
    with pytest.raises(Killed):
        run("killed", Clock(fails_at=look))
    killed = Trial.objects.get()
    assert (killed.status, killed.claimed_by, killed.result) == ("running", "killed", None)
    # Its lease stands: it might live still.
    assert run_next_trial(worker="early", clock=Clock(killed.claimed_at or NOW)) is None
    assert killed.leased_until is not None
    ran = run("next", Clock(killed.leased_until))
    assert (ran.status, ran.tries, ran.done, ran.claimed_by) == ("done", 2, 9, "next")
    assert result_of(ran)["subjects"] == 9


@pytest.mark.usefixtures("judged")
def test_whoever_lost_a_trial_writes_nothing_over_it() -> None:
    backtest_of()

    class Slow(Clock):
        def __call__(self) -> datetime:
            if self.looks == 2:
                # It stood still for longer than its lease, and another worker came.
                run("quick", Clock(self.at + LEASE))
            return super().__call__()

    ran = run("slow", Slow())
    assert (ran.status, ran.claimed_by, ran.tries) == ("done", "quick", 2)
    assert len(news("trial.finished")) == 1


def test_what_kills_its_workers_is_given_up() -> None:
    backtest_of()
    at = NOW
    for n in range(TRIES_MAX):
        with pytest.raises(Killed):
            run(f"w{n}", Clock(at, fails_at=3))
        at += LEASE + timedelta(minutes=1)
    ran = run("last", Clock(at))
    assert (ran.status, ran.tries) == ("failed", TRIES_MAX)
    assert "gone 3 times" in ran.failure


@pytest.mark.usefixtures("judged")
def test_one_runs_at_a_time_and_the_first_to_wait_is_the_first_to_run() -> None:
    first, second = backtest_of(), calibration_of()

    class Curious(Clock):
        def __call__(self) -> datetime:
            if self.looks == 2:
                assert run_next_trial(worker="other", clock=Clock(self.at)) is None
            return super().__call__()

    assert run("w1", Curious()).pk == first.pk
    assert run("w2").pk == second.pk


@pytest.mark.usefixtures("judged")
def test_a_second_call_finds_nothing_to_do() -> None:
    backtest_of()
    run()
    before = dump()
    assert run_next_trial(worker="again", clock=Clock()) is None
    assert dump() == before


@pytest.mark.usefixtures("judged")
def test_an_error_of_the_program_is_kept_and_raised() -> None:
    asked = backtest_of()
    Trial.objects.update(rules={"weights": {"dreams": "1"}})
    with pytest.raises(InvalidRuleSet):
        run()
    asked.refresh_from_db()
    assert (asked.status, asked.leased_until) == ("failed", None)
    assert "InvalidRuleSet" in asked.failure
    assert run_next_trial(worker="again", clock=Clock(NOW + LEASE + DAY)) is None


@pytest.mark.usefixtures("judged")
def test_a_database_that_went_away_is_waited_for() -> None:
    backtest_of()
    gone = Clock(fails_at=3, error=OperationalError("the connection is lost"))
    assert run("w1", gone).status == "running"
    assert run("w2", Clock(NOW + LEASE + LEASE)).status == "done"


def test_what_cannot_be_tried_is_refused() -> None:
    before = dump()
    with pytest.raises(UnknownRuleSet):
        backtest_of(9)
    with pytest.raises(InvalidTrial, match="after it begins"):
        backtest_of(since=UNTIL, until=SINCE)
    for limit in (0, 1_000_000):
        with pytest.raises(InvalidTrial, match="between 0 and 1"):
            calibration_of(limit)
    assert dump() == before


def test_the_command_says_what_it_did() -> None:
    asked = backtest_of()
    said = []
    for _ in range(2):
        out = StringIO()
        call_command("run_trials", "--as-of", "2026-03-18", stdout=out)
        said.append(out.getvalue().strip())
    assert said == [f"Trial {asked.pk}, a backtest of rule set 1: done.", "No trial was due."]
