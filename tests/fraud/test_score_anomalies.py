"""Percentiles of all subscribers: as a signal, as cases, and gone when a model is broken."""

import logging
import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from fraud.models import AnomalyModel, AnomalyScore, Assessment, Case, CaseEvent
from fraud.operations.fit_anomalies import fit_anomalies
from fraud.operations.open_cases import NewCase, open_cases
from fraud.operations.score_anomalies import score_anomalies
from fraud.operations.screen import screen
from fraud.operations.set_standings import set_standings
from fraud.policy.anomalies import CASES_PER_RUN, SCORE_LASTS
from fraud.policy.detectors import LIBRARY
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import Subject
from tests.books import dump
from tests.fraud.populations import ids_of, odd_people, usual_people
from tests.fraud.stories import DAY, NOW
from tests.loyalty.promises import ask, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def odd() -> str:
    """The one unusual subscriber among a hundred and twenty, and models that know it."""
    usual_people(120, at=NOW)
    [name] = odd_people(1, at=NOW)
    fit_anomalies(now=NOW)
    return name


def put_into_the_score(*kinds: str) -> None:
    AnomalyModel.objects.filter(kind__in=kinds).update(is_in_score=True)


def signal_of(name: str, at: datetime) -> float | None:
    """What a screening of a redemption reads."""
    subject = Subject("redemption", f"r of {at}", ids_of([name])[0], "bill_credit", 10_000)
    screen(subjects=[subject], now=at)
    found: float | None = Assessment.objects.latest("pk").facts["anomaly"]
    return found


def test_a_model_that_is_not_in_the_score_is_no_signal(odd: str) -> None:
    score_anomalies(now=NOW)
    assert AnomalyScore.objects.count() == 2 * 121
    assert signal_of(odd, NOW) is None


def test_the_highest_percentile_of_those_in_the_score_is_the_signal(odd: str) -> None:
    put_into_the_score("isolation_forest", "autoencoder")
    score_anomalies(now=NOW)
    mine = AnomalyScore.objects.filter(subscriber=ids_of([odd])[0])
    mine.filter(kind="autoencoder").update(percentile_thousandths=12_345)
    mine.filter(kind="isolation_forest").update(percentile_thousandths=54_321)
    assert signal_of(odd, NOW) == 54.321
    AnomalyModel.objects.filter(kind="isolation_forest").update(is_in_score=False)
    assert signal_of(odd, NOW) == 12.345


def test_a_percentile_is_not_known_before_and_not_for_ever(odd: str) -> None:
    put_into_the_score("isolation_forest")
    score_anomalies(now=NOW)
    moment = timedelta(microseconds=1)
    assert signal_of(odd, NOW - moment) is None
    assert signal_of(odd, NOW) is not None
    assert signal_of(odd, NOW + SCORE_LASTS - moment) is not None
    assert signal_of(odd, NOW + SCORE_LASTS) is None


def test_a_new_model_that_does_not_add_takes_the_signal_away(odd: str) -> None:
    put_into_the_score("isolation_forest", "autoencoder")
    score_anomalies(now=NOW)
    later = NOW + 7 * DAY
    fit_anomalies(now=later)
    assert signal_of(odd, later - DAY) is not None
    assert signal_of(odd, later) is None


def garble(model: AnomalyModel) -> None:
    model.artefact = bytes(model.artefact)[:-7] + b"garbled"


def spoil(model: AnomalyModel) -> None:
    """No model at all, with a digest that agrees."""
    model.artefact = b"no archive"
    model.artefact_sha256 = sha256(model.artefact).digest()


def swap(model: AnomalyModel) -> None:
    """A model of another kind, with a digest that agrees."""
    other = AnomalyModel.objects.exclude(pk=model.pk).get()
    model.artefact, model.artefact_sha256 = other.artefact, other.artefact_sha256


def smuggle(model: AnomalyModel) -> None:
    """A file of a type that nobody vouches for."""
    from skops import io

    model.artefact = io.dumps({"estimator": logging.Formatter()})
    model.artefact_sha256 = sha256(model.artefact).digest()


def age(model: AnomalyModel) -> None:
    model.library = "scikit-learn 0.1"


def change_features(model: AnomalyModel) -> None:
    model.features = ["height"]


def test_these_models_were_whole(odd: str) -> None:
    assert score_anomalies(now=NOW).broken == ()
    assert {model.library for model in AnomalyModel.objects.all()} == {LIBRARY}


@pytest.mark.parametrize("harm", [garble, spoil, swap, smuggle, age, change_features])
def test_a_broken_model_goes_missing_and_stops_no_payout(
    odd: str, harm: Any, caplog: pytest.LogCaptureFixture
) -> None:
    put_into_the_score("isolation_forest", "autoencoder")
    score_anomalies(now=NOW)
    known = signal_of(odd, NOW)
    model = AnomalyModel.objects.get(kind="isolation_forest")
    harm(model)
    model.save()

    scored = score_anomalies(now=NOW + DAY)
    assert scored.broken == (str(model),)
    assert scored.subscribers == 121
    assert "can't be loaded" in caplog.text
    when = dict(AnomalyScore.objects.values_list("kind", "scored_at").distinct())
    assert when == {"isolation_forest": NOW, "autoencoder": NOW + DAY}
    assert signal_of(odd, NOW + DAY) == known

    later = NOW + SCORE_LASTS + DAY
    assert signal_of(odd, later) is None
    payout_id = ask(subscriber_id="usual-1", now=later)
    screen_payouts(now=later)
    assert state(payout_id)[0] == "paid"
    assessment = Assessment.objects.latest("pk")
    assert (assessment.facts["anomaly"], assessment.faults) == (None, [])


def test_screening_does_not_even_know_how_to_load_a_model() -> None:
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings';"
        " django.setup(); import config.urls, fraud.operations.screen, fraud.tasks;"
        " sys.exit('skops' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_that_was_cut_short_is_taken_up(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fraud.operations.score_anomalies.SUBSCRIBERS_PER_PAGE", 50)
    assert score_anomalies(now=NOW).subscribers == 121
    AnomalyScore.objects.filter(subscriber__in=ids_of([odd, "usual-7"])).delete()
    assert score_anomalies(now=NOW + DAY / 24).subscribers == 2
    assert score_anomalies(now=NOW + DAY).subscribers == 121


def test_scores_of_the_past_do_not_take_the_place_of_later_ones(odd: str) -> None:
    score_anomalies(now=NOW + DAY)
    before = dump()
    assert score_anomalies(now=NOW).subscribers == 0
    assert dump() == before


def test_the_most_unusual_get_a_case_that_says_why(odd: str) -> None:
    assert score_anomalies(now=NOW).cases > 0
    case = Case.objects.get(subscriber=ids_of([odd])[0])
    assert (case.queue, case.subject_type, case.subject_id) == ("anomaly", "registration", odd)
    event = CaseEvent.objects.get(case=case)
    assert event.by == "anomalies"
    assert "more unusual than 9" in event.reason
    assert "usually" in event.reason


def test_nobody_is_shown_again_the_next_night(odd: str) -> None:
    opened = score_anomalies(now=NOW).cases
    assert opened == Case.objects.count() > 0
    Case.objects.update(status="closed", verdict="false_positive", decided_at=NOW, decided_by="ann")
    assert score_anomalies(now=NOW + DAY).cases == 0
    Case.objects.update(opened_at=NOW - 180 * DAY)
    assert score_anomalies(now=NOW + 2 * DAY).cases > 0


def test_a_day_brings_so_many_cases_and_no_more(odd: str) -> None:
    score_anomalies(now=NOW)
    AnomalyScore.objects.update(percentile_thousandths=99_900)
    before = Case.objects.count()
    assert score_anomalies(now=NOW + DAY / 24).cases == CASES_PER_RUN - before
    assert score_anomalies(now=NOW + DAY / 12).cases == 0


def test_whoever_has_an_open_case_keeps_it(odd: str) -> None:
    [pk] = ids_of([odd])
    case = NewCase("account", "registration", odd, pk, None, 0, None, 0, "low")
    open_cases(cases=[case], now=NOW)
    score_anomalies(now=NOW)
    assert Case.objects.get(subscriber=pk).queue == "account"


def test_whoever_is_blocked_is_not_shown(odd: str) -> None:
    said: dict[str, Any] = {"standing": "blocked", "reason": "x", "by": "ann", "now": NOW}
    set_standings(subscriber_ids=ids_of([odd]), **said)
    score_anomalies(now=NOW)
    assert not Case.objects.filter(subscriber=ids_of([odd])[0]).exists()
