"""How long this side waits for the database's answers.

The server keeps its time-outs while it works; one that hangs (a stopped process, a disk that
answers nothing) keeps none, and its machine still confirms what it is sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

Returned = TypeVar("Returned")


class _Budget:
    def __init__(self, seconds: float) -> None:
        self.left = seconds


_budget: ContextVar[_Budget | None] = ContextVar("database_budget", default=None)


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Let whatever is asked of the database meanwhile wait for so many seconds in all."""
    token = _budget.set(_Budget(seconds))
    try:
        yield
    finally:
        _budget.reset(token)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up once its server has not answered for too long.

    It is closed by that: nobody can tell what the server will still make of what it was sent.
    """

    # Of one answer, where no request bounds them all; None for as long as it takes.
    answer_seconds: float | None = None

    def wait(self, gen: PQGen[Returned], *args: Any, **kwargs: Any) -> Returned:
        """Wait for an answer.

        Raises:
            psycopg.OperationalError: none came in time.
        """
        budget = _budget.get()
        patience = self.answer_seconds if budget is None else budget.left
        if patience is None:
            return super().wait(gen, *args, **kwargs)
        began = monotonic()
        try:
            return super().wait(self._within(gen, began + patience), *args, **kwargs)
        finally:
            if budget is not None:
                budget.left -= monotonic() - began

    def _within(self, gen: PQGen[Returned], until: float) -> PQGen[Returned]:
        """Pass on what the driver waits for, which hears every tenth of a second of nothing."""
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and monotonic() >= until:
                    self.close()
                    raise psycopg.OperationalError("The database did not answer in time.")
                wanted = gen.send(ready)
        except StopIteration as ended:
            returned: Returned = ended.value
            return returned
