"""Fraud figures and anomalies in the admin."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from fraud.models import AnomalyModel, AnomalyScore, Case, LookAlikeGroup, LookAlikeMember
from fraud.policy.anomalies import Evaluation
from tests.admin.conftest import LogIn
from tests.factories import register
from tests.fraud.populations import ids_of
from tests.fraud.stories import suspicious_payout

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def analyst(log_in: LogIn) -> Browser:
    return log_in("fraud.view_case")


@pytest.mark.parametrize("name", ["fraud-figures", "fraud-anomalies"])
def test_who_may_not_see_cases_sees_neither(log_in: LogIn, name: str) -> None:
    stranger = log_in("accounts.view_subscriber")
    assert stranger.get(reverse(name)).status_code == 403
    assert reverse(name) not in text(stranger.get(reverse("admin:index")))


def test_whoever_is_not_logged_in_is_asked_to(analyst: Browser) -> None:
    assert Browser().get(reverse("fraud-figures")).status_code == 302


def test_figures_without_anything_say_so(analyst: Browser) -> None:
    shown = text(analyst.get(reverse("fraud-figures")))
    assert "Nothing to count" in shown
    assert reverse("fraud-anomalies") in shown


def test_figures_of_a_period(analyst: Browser) -> None:
    suspicious_payout(30_000, now=NOW)
    for place, verdict in enumerate(["confirmed_fraud"] * 2 + ["false_positive"] * 178):
        Case.objects.create(
            queue="sample", subject_type="payout", subject_id=str(place), subscriber_id=1,
            value_minor=0, score_millionths=0, band="low", status="closed", opened_at=NOW,
            due_at=NOW, verdict=verdict, decided_at=NOW, decided_by="ann",
        )  # fmt: skip
    shown = text(analyst.get(reverse("fraud-figures")))
    sentence = "2 of 180 reviewed of the random sample, 1.1\u00a0% (0.3–4.0\u00a0%)"
    assert sentence in shown
    assert "Nothing was reviewed yet." in shown
    # A chart's figures, with no library from elsewhere.
    assert "data-value=" in shown
    assert "//cdn" not in shown
    later = {"since": "2020-01-01", "upto": "2020-01-31"}
    assert sentence not in text(analyst.get(reverse("fraud-figures"), later))


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-03-02", "upto": "2026-03-01"},
        {"since": "2000-03-02", "upto": "2026-03-01"},
        {"since": "soon", "upto": "2026-03-01"},
        {"since": "2026-03-02"},
    ],
)
def test_a_period_that_is_none_is_said_to_be(analyst: Browser, query: dict[str, str]) -> None:
    suspicious_payout(30_000, now=NOW)
    shown = text(analyst.get(reverse("fraud-figures"), query))
    assert 'role="alert"' in shown
    assert "What is shown is" in shown


def test_anomalies_without_a_model_say_so(analyst: Browser) -> None:
    shown = text(analyst.get(reverse("fraud-anomalies")))
    assert "No model was fitted yet" in shown
    assert "No group of look-alikes was found" in shown


def test_models_groups_and_the_most_unusual(analyst: Browser) -> None:
    for name in ("ann", "ben"):
        register(name, now=NOW - timedelta(days=1))
    ann, ben = ids_of(["ann", "ben"])
    model = AnomalyModel.objects.create(
        kind="autoencoder", fitted_at=NOW, fitted_on=NOW.date(), seed=1, sample_size=1234,
        features=[], library="scikit-learn 1.9", artefact=b"x", artefact_sha256=bytes(32),
        metrics={
            "evaluation": Evaluation((3, 4), (5, 6)).content(),
            "queue": {"decided": 20, "frauds": 5, "low": 0.1, "high": 0.5},
        },
        is_in_score=False,
    )  # fmt: skip
    furthest = [{"feature": "mean_charge", "value": 12345.0, "usual": 600.5}]
    AnomalyScore.objects.create(
        subscriber_id=ann, kind="autoencoder", percentile_thousandths=99_950, furthest=furthest,
        model=model, scored_at=NOW,
    )  # fmt: skip
    group = LookAlikeGroup.objects.create(
        found_at=NOW, number=1, size=2, spread_thousandths=120, common=furthest
    )
    for each in (ann, ben):
        LookAlikeMember.objects.create(group=group, subscriber_id=each)
    shown = text(analyst.get(reverse("fraud-anomalies")))
    for words in (
        f"Autoencoder {model.version}",
        "1,234",
        "Not in the score: 7 confirmed frauds and 11 false positives were decided",
        "5 of 20 reviewed were fraud, 25.0\u00a0%",
        "99.95",
        "Mean charge",
        "12,345 roubles",
        "usually 600",
        "2 accounts",
        ">ben</a>",
    ):
        assert words in shown, words


def test_no_page_brings_anything_from_elsewhere() -> None:
    for path in Path("fraud/templates").rglob("*.html"):
        assert "http" not in path.read_text(encoding="utf-8"), path
