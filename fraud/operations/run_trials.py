"""Run trials: one worker holds one, and says now and then how far it is."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from fraud import news
from fraud.models import Trial
from fraud.operations.learn_weights import draft_learnt, learnt_from_verdicts
from fraud.policy.learning import TooFewExamples
from fraud.policy.rule_set_changes import changes_between
from fraud.policy.rulesets import RuleSet
from fraud.policy.trials import (
    BACKTEST,
    CALIBRATION,
    DONE,
    FAILED,
    LEARNING,
    MILLION,
    RUNNING,
    WAITING,
    backtest_content,
    calibration_content,
    learning_content,
)
from fraud.queries.backtest import backtest
from fraud.queries.calibration import calibration
from fraud.queries.verdicts import assessments_counted
from outbox.operations import publish
from trail.acting import acting

# Much longer than a worker is ever silent.
LEASE = timedelta(minutes=5)
TRIES_MAX = 3
_TELLS_EVERY = timedelta(seconds=1)
_TRANSIENT = (
    OperationalError,
    InterfaceError,
    # A raw cursor lets the driver's errors through as they are.
    psycopg.OperationalError,
    psycopg.InterfaceError,
)

logger = logging.getLogger(__name__)


class _ClaimLost(Exception):
    """Somebody else has this trial now; what the loser found is thrown away."""


def run_next_trial(*, worker: str, clock: Callable[[], datetime]) -> Trial | None:
    """Run the trial that has waited longest, or one whose worker is gone.

    Safe to repeat and to kill at any moment: a trial whose worker was silent for `LEASE` is run
    again from its beginning, three times at most. One at a time: whoever comes while another
    worker runs one finds nothing to do, so that screening keeps the other workers.

    Args:
        worker: a name that no other call ever has.
        clock: the present moment, timezone-aware.

    Returns:
        The trial that this call claimed, done or failed; None if there was none.

    Raises:
        Exception: whatever a trial ended in that nobody expected; the trial says so too.
    """
    trial = _claim(worker, clock())
    if trial is None or trial.status == FAILED:
        return trial
    try:
        _RUNS[trial.kind](trial, _Held(trial.pk, worker, clock, clock()))
    except _ClaimLost:
        logger.info("Trial %s went to another worker", trial.pk)
    except TooFewExamples as refusal:
        _end(trial.pk, worker, clock(), status=FAILED, failure=str(refusal))
    except _TRANSIENT as error:
        # The lease runs out, and the trial is found again.
        logger.warning("Trial %s waits for the database: %s", trial.pk, type(error).__name__)
    except Exception as error:
        said = f"The program ended it with {type(error).__name__}; the worker's log says where."
        _end(trial.pk, worker, clock(), status=FAILED, failure=said)
        raise
    trial.refresh_from_db()
    return trial


@transaction.atomic
def _claim(worker: str, now: datetime) -> Trial | None:
    """The next trial, leased to this worker; it has failed if it was tried too often."""
    if Trial.objects.filter(status=RUNNING, leased_until__gt=now).exists():
        return None
    due = Q(status=WAITING) | Q(status=RUNNING, leased_until__lte=now)
    trial = (
        Trial.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(due)
        .order_by("id")
        .first()
    )
    if trial is None:
        return None
    if trial.tries >= TRIES_MAX:
        failure = f"Its worker was gone {TRIES_MAX} times; try a shorter time."
        _write_end(trial, now, status=FAILED, failure=failure)
        return trial
    trial.status, trial.tries, trial.done = RUNNING, trial.tries + 1, 0
    trial.claimed_at, trial.claimed_by, trial.leased_until = now, worker, now + LEASE
    trial.save(
        update_fields=["status", "tries", "done", "claimed_at", "claimed_by", "leased_until"]
    )
    return trial


@dataclass(slots=True)
class _Held:
    """A trial in the hands of its worker."""

    trial_id: int
    worker: str
    clock: Callable[[], datetime]
    told_at: datetime
    done: int = 0

    def tell(self, **changes: Any) -> None:
        """Say how far it is, and that its worker lives.

        Raises:
            _ClaimLost: it went to another worker meanwhile.
        """
        self.told_at = self.clock()
        held = Trial.objects.filter(pk=self.trial_id, claimed_by=self.worker, status=RUNNING)
        if not held.update(done=self.done, leased_until=self.told_at + LEASE, **changes):
            raise _ClaimLost

    def advance(self, steps: int) -> None:
        """Count what is done; told at most once a second."""
        self.done += steps
        if self.clock() - self.told_at >= _TELLS_EVERY:
            self.tell()


def _run_backtest(trial: Trial, held: _Held) -> None:
    held.tell(total=assessments_counted(since=trial.since, until=trial.until))
    found = backtest(
        rules=RuleSet.from_content(trial.rules),
        since=trial.since,
        until=trial.until,
        recompute=trial.options["recompute"],
        minutes=trial.options["minutes_per_case"],
        advance=held.advance,
    )
    _finish(held, backtest_content(found))


def _run_calibration(trial: Trial, held: _Held) -> None:
    held.tell(total=assessments_counted(since=trial.since, until=trial.until))
    found = calibration(
        rules=RuleSet.from_content(trial.rules),
        since=trial.since,
        until=trial.until,
        false_positives_max=trial.options["false_positives_max_millionths"] / MILLION,
        advance=held.advance,
    )
    content = calibration_content(
        found.curve,
        found.point,
        frauds=found.frauds,
        normal=found.normal,
        undecided=found.undecided,
    )
    _finish(held, content)


def _run_learning(trial: Trial, held: _Held) -> None:
    base = RuleSet.from_content(trial.rules)
    note = f"Weights of rule set {trial.rule_set_id}, learnt from verdicts by trial {trial.pk}."
    learnt = learnt_from_verdicts(base=base, since=trial.since, until=trial.until)
    # One transaction: a worker that is killed leaves no draft behind that nobody knows of. The
    # draft is the doing of whoever asked for it, and not of the worker.
    with transaction.atomic(), acting(by=trial.requested_by):
        content = learning_content(
            changes_between(base, learnt.proposal.rules),
            proposal=learnt.proposal,
            frauds=learnt.frauds,
            normal=learnt.normal,
            auc_before=learnt.auc_before,
            auc=learnt.auc,
        )
        _finish(
            held,
            content,
            draft=draft_learnt(learnt=learnt, note=note, by=trial.requested_by),
            drafted_at=held.clock(),
            drafted_by=trial.requested_by,
        )


_RUNS: dict[str, Callable[[Trial, _Held], None]] = {
    BACKTEST: _run_backtest,
    CALIBRATION: _run_calibration,
    LEARNING: _run_learning,
}


def _finish(held: _Held, result: dict[str, Any], **changes: Any) -> None:
    changes |= {"result": result, "done": held.done}
    if not _end(held.trial_id, held.worker, held.clock(), status=DONE, **changes):
        raise _ClaimLost


@transaction.atomic
def _end(trial_id: int, worker: str, now: datetime, **changes: Any) -> bool:
    """End a trial that is still this worker's; return whether it was."""
    trial = (
        Trial.objects.select_for_update(no_key=True)
        .filter(pk=trial_id, claimed_by=worker, status=RUNNING)
        .first()
    )
    if trial is None:
        return False
    _write_end(trial, now, **changes)
    return True


def _write_end(trial: Trial, now: datetime, **changes: Any) -> None:
    changes |= {"finished_at": now, "leased_until": None}
    for name, value in changes.items():
        setattr(trial, name, value)
    trial.save(update_fields=list(changes))
    said = {"trial_id": trial.pk, "kind": trial.kind, "status": trial.status}
    publish(name=news.TRIAL_FINISHED, items=[said], now=now)
