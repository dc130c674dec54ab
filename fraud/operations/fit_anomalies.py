"""Fit the models of unusual activity, and find out whether their percentiles tell fraud apart."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import numpy as np
from django.db import transaction

from fraud.models import AnomalyModel
from fraud.policy.anomalies import ANOMALY_KINDS, Evaluation
from fraud.policy.anomaly_evaluation import evaluated
from fraud.policy.detectors import LIBRARY, Detector, Matrix, fitted, matrix_of, written
from fraud.policy.features import NAMES
from fraud.policy.intervals import share_of
from fraud.queries.anomalies import Labelled, labelled, sample_ids, verdicts_of_the_queue
from fraud.queries.features import Moment, features_of
from kernel.moments import day_of
from loyalty.queries.terms import program_zone

SAMPLE_MAX = 50_000
SAMPLE_MIN = 100
ROWS_PER_PAGE = 2_000
SEED = 20_260_101


def fit_anomalies(
    *, now: datetime, seed: int = SEED, sample_max: int = SAMPLE_MAX
) -> list[AnomalyModel]:
    """Fit a model of each kind on a random sample of the subscribers; once a day, safe to repeat.

    A model counts in the score only if, on cases that it never saw, its percentile adds to the
    score beyond doubt; why it does or not is in its metrics.

    Args:
        now: features are as of this moment.
        seed: of the sample, the models and the resamples; the same seed makes the same models.
        sample_max: how many subscribers at most.

    Returns:
        The models of the day, by kind; none while there are fewer than a hundred subscribers.
    """
    day = day_of(now, program_zone())
    made = AnomalyModel.objects.filter(fitted_on=day).order_by("kind")
    if len(made) == len(ANOMALY_KINDS):
        return list(made)
    rows = rows_of([Moment(each, now) for each in sample_ids(at=now, seed=seed, limit=sample_max)])
    if len(rows) < SAMPLE_MIN:
        return []
    cases = labelled(at=now)
    held_out = _HeldOut(cases, seed, sample_max)

    detectors = {kind: fitted(kind, rows, seed) for kind in ANOMALY_KINDS}
    evaluations = {kind: held_out.evaluation_of(kind) for kind in ANOMALY_KINDS}

    of_queue = verdicts_of_the_queue(at=now)
    with transaction.atomic():
        AnomalyModel.objects.bulk_create(
            [
                _model(detectors[kind], evaluations[kind], rows, of_queue, seed, now)
                for kind in ANOMALY_KINDS
            ],
            ignore_conflicts=True,
        )
    return list(AnomalyModel.objects.filter(fitted_on=day).order_by("kind"))


def rows_of(asked: Sequence[Moment]) -> Matrix:
    """The features of each, page by page."""
    pages = [
        matrix_of(features_of(asked[start : start + ROWS_PER_PAGE]))
        for start in range(0, len(asked), ROWS_PER_PAGE)
    ]
    return np.vstack(pages) if pages else matrix_of([])


class _HeldOut:
    """Cases of the later half by time, and a sample of everybody else before them.

    Models that are evaluated are fitted as of the half, on subscribers without a case.
    """

    def __init__(self, cases: Sequence[Labelled], seed: int, sample_max: int) -> None:
        self._cases = cases
        self._seed = seed
        self._half = len(cases) // 2
        self._is_measured = self._evaluated([0.0] * len(cases)).has_enough_labels
        if self._is_measured:
            at = cases[self._half].at
            but = [case.subscriber_id for case in cases]
            sample = sample_ids(at=at, seed=seed, limit=sample_max, but=but)
            self._sample = rows_of([Moment(each, at) for each in sample])
            self._rows = rows_of([Moment(case.subscriber_id, case.at) for case in cases])
            self._is_measured = len(sample) >= SAMPLE_MIN

    def evaluation_of(self, kind: str) -> Evaluation:
        """Whether a model of this kind adds to the score."""
        if not self._is_measured:
            return self._evaluated([0.0] * len(self._cases))
        detector = fitted(kind, self._sample, self._seed)
        return self._evaluated([float(each) for each in detector.percentiles(self._rows)])

    def _evaluated(self, percentiles: Sequence[float]) -> Evaluation:
        return evaluated(
            scores=[case.score for case in self._cases],
            percentiles=percentiles,
            frauds=[case.is_fraud for case in self._cases],
            half=self._half,
            seed=self._seed,
        )


def _model(
    detector: Detector,
    evaluation: Evaluation,
    rows: Matrix,
    of_queue: tuple[int, int],
    seed: int,
    now: datetime,
) -> AnomalyModel:
    artefact = written(detector)
    return AnomalyModel(
        kind=detector.kind,
        fitted_at=now,
        fitted_on=day_of(now, program_zone()),
        seed=seed,
        sample_size=len(rows),
        features=list(NAMES),
        library=LIBRARY,
        artefact=artefact,
        artefact_sha256=sha256(artefact).digest(),
        metrics=_metrics(evaluation, rows, of_queue),
        is_in_score=evaluation.adds,
    )


def _metrics(evaluation: Evaluation, rows: Matrix, of_queue: tuple[int, int]) -> dict[str, Any]:
    decided, frauds = of_queue
    share = share_of(frauds, decided)
    missing = np.isnan(rows).mean(axis=0)
    return {
        "evaluation": evaluation.content(),
        # Of the cases that percentiles themselves brought up.
        "queue": {"decided": decided, "frauds": frauds, "low": share.lower, "high": share.upper},
        "missing": {
            name: round(float(share), 4) for name, share in zip(NAMES, missing, strict=True)
        },
    }
