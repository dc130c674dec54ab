"""The clock's jobs and the news that fraud hears; each makes one call."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from celery import shared_task

from fraud.operations.count_crowds import count_crowds as count_crowds_verb
from fraud.operations.count_norms import count_norms as count_norms_verb
from fraud.operations.review_marks import Reviewed
from fraud.operations.review_marks import review_marks as review_marks_verb
from fraud.operations.screen_registrations import screen_registrations as screen_registrations_verb
from fraud.operations.tend_cases import Tended
from fraud.operations.tend_cases import tend_cases as tend_cases_verb
from fraud.queries.marks import around_ended_uses, names_of_ended
from fraud.queries.registrations import names_registered

_now = partial(datetime.now, UTC)


@shared_task
def tend_cases(**_: Any) -> Tended:
    """The clock gives it, and the news of a benefit that is held."""
    return tend_cases_verb(now=datetime.now(UTC))


@shared_task
def count_norms(**_: Any) -> None:
    count_norms_verb(now=datetime.now(UTC))


@shared_task
def count_crowds(**_: Any) -> int:
    return count_crowds_verb(now=datetime.now(UTC))


@shared_task
def fit_anomalies(**_: Any) -> None:
    # Tasks are imported by whatever lists them; scikit-learn, by the worker that fits.
    from fraud.operations.fit_anomalies import fit_anomalies as fit_anomalies_verb

    fit_anomalies_verb(now=datetime.now(UTC))


@shared_task
def score_anomalies(**_: Any) -> None:
    from fraud.operations.score_anomalies import score_anomalies as score_anomalies_verb

    score_anomalies_verb(now=datetime.now(UTC))


@shared_task
def screen_registrations(event_ids: list[int], **_: Any) -> int:
    """Heard with `subscriber.registered`."""
    return screen_registrations_verb(names=names_registered(event_ids), now=datetime.now(UTC))


@shared_task
def review_marks(event_ids: list[int] | None = None, **_: Any) -> Reviewed:
    """The clock gives it over all, `subscriber.identifiers_ended` over whom that concerns."""
    now = datetime.now(UTC)
    if event_ids is None:
        return review_marks_verb(now=now)
    among = around_ended_uses(names=names_of_ended(event_ids))
    return review_marks_verb(now=now, among=among)


@shared_task
def run_trials(**_: Any) -> None:
    """The clock gives it, and the news that a trial was asked for, or has ended."""
    from fraud.operations.run_trials import run_next_trial

    run_next_trial(worker=uuid4().hex, clock=_now)
