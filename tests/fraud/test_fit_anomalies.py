"""Models of unusual activity: what they find, and when they count in the score."""

from collections.abc import Sequence
from hashlib import sha256

import pytest

from fraud.management.commands.fit_anomalies import Command
from fraud.models import AnomalyModel, AnomalyScore, Case
from fraud.operations.fit_anomalies import fit_anomalies, rows_of
from fraud.operations.load_detectors import load
from fraud.operations.score_anomalies import score_anomalies
from fraud.policy.anomalies import ANOMALY_KINDS, LABELS_MIN
from fraud.policy.detectors import fitted
from fraud.queries.anomalies import sample_ids
from fraud.queries.features import Moment
from tests.fraud.populations import ids_of, odd_people, usual_people
from tests.fraud.stories import DAY, NOW

pytestmark = pytest.mark.django_db


def decided(names: Sequence[str], verdicts: Sequence[str], *, score: int = 0) -> None:
    """Cases of these subscribers, opened one after another and decided by somebody."""
    count = len(names)
    Case.objects.bulk_create(
        Case(
            queue="gate",
            subject_type="registration",
            subject_id=name,
            subscriber_id=subscriber_id,
            value_minor=0,
            score_millionths=score,
            band="low",
            status="closed",
            opened_at=NOW - DAY + place * DAY / count,
            due_at=NOW,
            verdict=verdict,
            decided_at=NOW,
            decided_by="ann",
        )
        for place, (name, subscriber_id, verdict) in enumerate(
            zip(names, ids_of(names), verdicts, strict=True)
        )
    )


def taking_turns(one: Sequence[str], other: Sequence[str]) -> list[str]:
    return [name for pair in zip(one, other, strict=True) for name in pair]


def test_the_unusual_are_found_by_every_kind() -> None:
    usual = usual_people(300, at=NOW)
    odd = odd_people(3, at=NOW)
    models = fit_anomalies(now=NOW)
    assert [model.kind for model in models] == ["autoencoder", "isolation_forest"]
    assert [model.sample_size for model in models] == [303, 303]
    scored = score_anomalies(now=NOW)
    assert (scored.subscribers, scored.broken) == (303, ())
    for kind in ANOMALY_KINDS:
        said = dict(
            AnomalyScore.objects.filter(kind=kind).values_list(
                "subscriber", "percentile_thousandths"
            )
        )
        assert min(said[each] for each in ids_of(odd)) > max(said[each] for each in ids_of(usual))


def test_a_seed_makes_the_same_models_and_another_one_others() -> None:
    usual_people(150, at=NOW)
    ids = sample_ids(at=NOW, seed=1, limit=100)
    assert ids == sample_ids(at=NOW, seed=1, limit=100) != sample_ids(at=NOW, seed=2, limit=100)
    rows = rows_of([Moment(each, NOW) for each in ids])
    for kind in ANOMALY_KINDS:
        one, same, other = (fitted(kind, rows, seed).strangeness(rows) for seed in (1, 1, 2))
        assert (one == same).all()
        assert not (one == other).all()


def test_it_is_fitted_once_a_day_and_kept_whole() -> None:
    usual_people(120, at=NOW)
    made = fit_anomalies(now=NOW)
    assert fit_anomalies(now=NOW + DAY / 24) == made
    assert AnomalyModel.objects.count() == 2
    assert len(fit_anomalies(now=NOW + DAY)) == 2
    assert AnomalyModel.objects.count() == 4
    for model in made:
        assert sha256(model.artefact).digest() == bytes(model.artefact_sha256)
        assert load(model).kind == model.kind


def test_too_few_subscribers_fit_nothing() -> None:
    usual_people(99, at=NOW)
    assert fit_anomalies(now=NOW) == []
    assert "takes a hundred" in Command().run(now=NOW)


def test_without_enough_labels_it_is_not_in_the_score_and_says_so() -> None:
    usual = usual_people(150, at=NOW)
    # One false positive too few in each half.
    few = 4 * LABELS_MIN - 4
    decided(usual[:few], ["confirmed_fraud", "false_positive"] * (few // 2))
    for model in fit_anomalies(now=NOW):
        assert not model.is_in_score
        assert "each half of them by time needs 25 of both" in said_of(model)
        assert model.metrics["evaluation"]["score_auc"] is None
    assert "Not in the score: 48 confirmed frauds and 48 false positives" in Command().run(now=NOW)


def test_it_is_in_the_score_where_it_tells_fraud_apart() -> None:
    usual_people(150, at=NOW, prefix="others")
    frauds = odd_people(50, at=NOW)
    normals = usual_people(50, at=NOW, seed=2, prefix="normal")
    decided(taking_turns(frauds, normals), ["confirmed_fraud", "false_positive"] * 50)
    for model in fit_anomalies(now=NOW):
        assert model.is_in_score, said_of(model)
        evaluation = model.metrics["evaluation"]
        assert evaluation["score_auc"] == 0.5
        assert evaluation["both_auc"] > 0.99
        assert evaluation["gain_low"] > 0.4
        assert said_of(model).startswith("In the score: AUC 0.500 by the score alone and ")


def test_it_is_not_in_the_score_where_it_adds_nothing() -> None:
    usual_people(150, at=NOW, prefix="others")
    one, other = (usual_people(50, at=NOW, seed=seed, prefix=f"p{seed}") for seed in (2, 3))
    decided(taking_turns(one, other), ["confirmed_fraud", "false_positive"] * 50)
    for model in fit_anomalies(now=NOW):
        assert not model.is_in_score
        assert said_of(model).startswith("Not in the score, because it adds nothing")
        assert model.metrics["evaluation"]["score_auc"] == 0.5


def test_what_its_own_queue_decided_is_no_label() -> None:
    usual_people(150, at=NOW, prefix="others")
    frauds = odd_people(50, at=NOW)
    normals = usual_people(50, at=NOW, seed=2, prefix="normal")
    decided(taking_turns(frauds, normals), ["confirmed_fraud", "false_positive"] * 50)
    Case.objects.update(queue="anomaly")
    for model in fit_anomalies(now=NOW):
        assert not model.is_in_score
        queue = model.metrics["queue"]
        assert (queue["decided"], queue["frauds"]) == (100, 50)
        assert 0.4 < queue["low"] < 0.5 < queue["high"] < 0.6


def said_of(model: AnomalyModel) -> str:
    sentence: str = model.metrics["evaluation"]["sentence"]
    return sentence


def test_later_verdicts_are_not_known_before() -> None:
    usual_people(150, at=NOW, prefix="others")
    frauds = odd_people(50, at=NOW)
    normals = usual_people(50, at=NOW, seed=2, prefix="normal")
    decided(taking_turns(frauds, normals), ["confirmed_fraud", "false_positive"] * 50)
    Case.objects.update(decided_at=NOW + DAY)
    assert not any(model.is_in_score for model in fit_anomalies(now=NOW))
