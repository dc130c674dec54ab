"""Whole transactions, repeated when they lost against another one."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection
from psycopg import Error as PostgresError
from psycopg import errors

from doors.metrics import count_retry

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

_LOST = (errors.SerializationFailure, errors.DeadlockDetected)


@dataclass(frozen=True)
class Patience:
    """How often a transaction is tried, and how long it waits in between.

    The n-th pause is drawn evenly between nothing and `pause_seconds` doubled n times, so that
    those who met once don't meet again.
    """

    tries: int
    pause_seconds: float
    repeated: tuple[type[PostgresError], ...]

    def pauses(self) -> Iterator[float]:
        """Yield the pauses; there is one less than there are tries."""
        for n in range(self.tries - 1):
            yield random.uniform(0, self.pause_seconds * 2**n)  # noqa: S311 (nobody guesses it)


# Somebody waits for the answer: 0.15 s of pauses at most. A lock that isn't free has been waited
# for already, and is the caller's 409.
FOR_A_CALLER = Patience(tries=3, pause_seconds=0.05, repeated=_LOST)
# The clock's next stroke may be a day away.
FOR_A_JOB = Patience(tries=5, pause_seconds=0.5, repeated=(*_LOST, errors.LockNotAvailable))


def retried(
    patience: Patience, *, sleep: Callable[[float], None] = time.sleep
) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]:
    """Repeat a call whose transaction lost a deadlock, a conflict or the wait for a lock.

    For the one call of a door, which is safe to repeat because what lost has left nothing
    behind. Inside a transaction nothing is repeated: a part of it can't be done again, and the
    whole is the business of whoever began it.

    Raises:
        whatever the last try raised.
    """

    def decorate(call: Callable[Given, Returned]) -> Callable[Given, Returned]:
        @wraps(call)
        def repeating(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
            if connection.in_atomic_block:
                return call(*args, **kwargs)
            for pause in patience.pauses():
                try:
                    return call(*args, **kwargs)
                except Exception as error:
                    lost = lost_by(error)
                    if not isinstance(lost, patience.repeated):
                        raise
                    count_retry(type(lost).__name__)
                    sleep(pause)
            return call(*args, **kwargs)

        return repeating

    return decorate


def lost_by(error: BaseException) -> PostgresError | None:
    """Return what PostgreSQL said, if it said anything.

    Django wraps the driver's errors, and a raw cursor (COPY) lets them through as they are.
    """
    cause = error if isinstance(error, PostgresError) else error.__cause__
    return cause if isinstance(cause, PostgresError) else None
