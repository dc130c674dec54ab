"""A transaction that lost is repeated as a whole, a bounded number of times."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, transaction
from psycopg import errors

from doors.retries import FOR_A_CALLER, FOR_A_JOB, Patience, lost_by, retried

LOST = [errors.DeadlockDetected, errors.SerializationFailure]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_flushes(nobody_flushes: None) -> None:
    """Nothing is committed here."""


class Losing:
    """A call that loses so often before it wins."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.calls = error, times, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return "won"


def tried(call: Callable[[], Any], patience: Patience) -> tuple[Any, list[float]]:
    slept: list[float] = []
    return retried(patience, sleep=slept.append)(call)(), slept


@pytest.mark.parametrize("error", LOST)
def test_who_lost_tries_again(error: type[Exception]) -> None:
    call = Losing(error(), 2)
    result, slept = tried(call, FOR_A_CALLER)
    assert (result, call.calls, len(slept)) == ("won", 3, 2)


def test_an_error_that_django_wrapped_counts_too() -> None:
    wrapped = OperationalError()
    wrapped.__cause__ = errors.DeadlockDetected()
    assert tried(Losing(wrapped, 1), FOR_A_CALLER)[0] == "won"


def test_it_gives_up_after_three() -> None:
    call = Losing(errors.DeadlockDetected(), 9)
    with pytest.raises(errors.DeadlockDetected):
        tried(call, FOR_A_CALLER)
    assert call.calls == 3


def test_a_caller_is_told_of_a_lock_and_a_job_waits_on() -> None:
    call = Losing(errors.LockNotAvailable(), 1)
    with pytest.raises(errors.LockNotAvailable):
        tried(call, FOR_A_CALLER)
    assert tried(Losing(errors.LockNotAvailable(), 4), FOR_A_JOB)[0] == "won"


@pytest.mark.parametrize("error", [errors.UniqueViolation, errors.AdminShutdown, ValueError])
def test_nothing_else_is_repeated(error: type[Exception]) -> None:
    call = Losing(error(), 1)
    with pytest.raises(error):
        tried(call, FOR_A_JOB)
    assert call.calls == 1


def test_a_part_of_a_transaction_is_not_repeated() -> None:
    call = Losing(errors.DeadlockDetected(), 1)
    with pytest.raises(errors.DeadlockDetected), transaction.atomic():
        tried(call, FOR_A_CALLER)
    assert call.calls == 1


def test_pauses_differ_and_are_bounded() -> None:
    drawn = [list(FOR_A_CALLER.pauses()) for _ in range(200)]
    assert max(sum(pauses) for pauses in drawn) <= 0.15
    assert len({pauses[0] for pauses in drawn}) > 100


def test_what_the_database_said_is_found() -> None:
    assert lost_by(ValueError()) is None
    assert isinstance(lost_by(errors.DeadlockDetected()), errors.DeadlockDetected)
