"""What every task does besides its call: it is repeated, measured and told of in a line."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from celery import Task, shared_task

from doors.logs import lines_tell, say
from doors.metrics import count_job
from doors.retries import FOR_A_JOB, retried
from doors.ticks import tick as tick_verb

_jobs = logging.getLogger("tenure.jobs")


class Job(Task):  # type: ignore[type-arg]
    """The class of every task.

    A task returns what its verb returns; the numbers in that are counted.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        run: Callable[..., Any] = retried(FOR_A_JOB)(self.run)
        outcome, done = "failed", dict[str, int]()
        with lines_tell(self._facts):
            try:
                returned = run(*args, **kwargs)
                outcome, done = "done", numbers_in(returned)
            finally:
                seconds = perf_counter() - started
                count_job(self.name, outcome=outcome, seconds=seconds, done=done)
                say(_jobs, "job", outcome=outcome, ms=round(seconds * 1000, 1), **done)
        return returned

    def _facts(self) -> dict[str, object]:
        return {"task": self.name, "task_id": self.request.id}


def numbers_in(returned: object) -> dict[str, int]:
    """Return the numbers that a verb returned: one of "rows", or those of a named tuple."""
    if type(returned) is int:
        return {"rows": returned}
    named = (
        returned._asdict() if isinstance(returned, tuple) and hasattr(returned, "_asdict") else {}
    )
    return {name: number for name, number in named.items() if type(number) is int}


@shared_task
def tick(**_: Any) -> None:
    """Prove that the clock, the broker and a worker go."""
    tick_verb(now=datetime.now(UTC))
