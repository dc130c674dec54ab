"""The driver beneath Django's connection: prepared statements, binary values, COPY, pipelines.

Django's own cursor interpolates parameters on the client and prepares nothing, which costs a
posting more than the posting itself.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import MethodType
from typing import Any

import psycopg
from django.db import connection
from psycopg.generators import send

from kernel.arrays import literal

# Up to this many rows, the round trips between us and the database cost more than its work.
FEW = 40
_ARRAYS = re.compile(r"unnest\(\s*((?:%s::\w+\[\](?:,\s*)?)+)\s*\)")
_PLAN_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"


class LedgerCursor(psycopg.RawCursor[Any]):
    """Server-side parameters, numbered in the statement, and binary results."""

    def __init__(self, driver: "psycopg.Connection[Any]") -> None:
        super().__init__(driver)
        self.format = psycopg.pq.Format.BINARY


def ledger_cursor() -> LedgerCursor:
    """A cursor of the current thread's connection, inside its transaction."""
    connection.ensure_connection()
    assert connection.in_atomic_block, "the ledger is read and written in a transaction"
    return LedgerCursor(connection.connection)


@contextmanager
def suited_to(rows: int) -> Iterator[None]:
    """Let the statements of a verb go the way that suits so many rows.

    Those about few rows are sent one after another, without waiting for each answer, and are
    planned once. The database still runs them in their order, each with a snapshot of its
    own; the first answer that is asked for waits for all that were sent. A failed statement
    is raised there, or at the end of the block.

    Those about many rows are planned anew, for their number, and go through COPY, which
    can't be sent like that.
    """
    if rows < FEW:
        connection.ensure_connection()
        with connection.connection.pipeline() as pipeline:
            pipeline._communicate_gen = MethodType(_write_what_waits, pipeline)
            yield
    else:
        plan_for(rows)
        yield


def _write_what_waits(pipeline: Any) -> Iterator[Any]:
    """Stand in for the pipeline's own communication: statements go out together.

    The driver sends each statement as it comes and looks for answers in between, which for the
    half dozen of a posting costs a system call to send, one to look and a wake-up of the
    database each. Here they are only written into the client library's buffer, which goes out
    with whatever asks for an answer; they are few and small.
    """
    last = None
    while pipeline.command_queue:
        last = pipeline.command_queue.popleft()
        last()
    if last == pipeline.pgconn.pipeline_sync:
        yield from send(pipeline.pgconn)


def plan_for(rows: int) -> None:
    """Let the rest of the transaction's statements be planned for many rows, if they are."""
    if rows >= FEW:
        execute(_PLAN_ANEW)


def is_sent_together() -> bool:
    """Whether statements are on their way without waiting for answers, as COPY can't be."""
    status = connection.connection.pgconn.pipeline_status
    return bool(status != psycopg.pq.PipelineStatus.OFF)


def ask(sql: str, *parameters: object) -> LedgerCursor:
    """Run one prepared statement; a list among its parameters is an array.

    Among few rows the answer may still be under way: `fetchall` waits for it.
    """
    cursor = ledger_cursor()
    cursor.execute(_numbered(sql), _adapted(parameters), prepare=True)
    return cursor


def fetch(sql: str, *parameters: object) -> list[Any]:
    """All rows of one prepared statement."""
    return ask(sql, *parameters).fetchall()


def execute(sql: str, *parameters: object) -> None:
    """Run one prepared statement that answers nothing."""
    ask(sql, *parameters)


def execute_together(changes: Sequence[tuple[str, Sequence[object]]]) -> None:
    """Run statements that touch different rows as the parts of a single one."""
    sql = _together(tuple(sql for sql, _ in changes))
    execute(sql, *(parameter for _, parameters in changes for parameter in parameters))


@lru_cache(maxsize=64)
def of_one_row(sql: str) -> str:
    """The same statement about a single row, whose values stand in it as they are.

    The database makes a store for each array that it unfolds, which for the two dozen columns
    of a charge and its entry takes longer than inserting them.
    """
    single, places = _ARRAYS.subn(lambda found: f"(VALUES ({found[1].replace('[]', '')}))", sql)
    assert places == 1, "a statement of the plan unfolds its rows in one place"
    return single


@lru_cache(maxsize=256)
def _together(statements: tuple[str, ...]) -> str:
    parts = (f"part_{place} AS ({sql})" for place, sql in enumerate(statements))
    return f"WITH {', '.join(parts)} SELECT"


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    first, *rest = sql.split("%s")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))).encode()


def _adapted(parameters: Iterable[object]) -> list[object]:
    return [literal(value) if isinstance(value, list) else value for value in parameters]
