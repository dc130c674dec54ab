"""Read one shard of an import to its end, or until others should have a turn."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from typing import BinaryIO
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from imports.models import Import, Shard
from imports.operations.claim_shard import ClaimLost, abandon_shard, claim_shard, release_shard
from imports.operations.end_import import fail_import
from imports.operations.store_file import file_of
from imports.operations.take_batch import take_batch
from imports.policy.batches import Batch, batches_of
from imports.policy.heads import table_of
from imports.policy.kinds import CSV
from imports.policy.lines import LineReader
from imports.policy.rows import Share, rows_in
from imports.policy.tables import Table
from imports.queries.kinds import row_kind

TRIES_MAX = 3
PAUSE_SECONDS = 0.2
READ_AHEAD_BYTES = 1024 * 1024
TRANSIENT = (
    OperationalError,
    InterfaceError,
    # A raw cursor lets the driver's errors through as they are.
    psycopg.OperationalError,
    psycopg.InterfaceError,
)

logger = logging.getLogger(__name__)


class _FileUnusable(Exception):
    """The file isn't the one that was received."""


@dataclass(slots=True)
class _Reading:
    """One worker's stay at one shard."""

    shard_id: int
    worker: str
    clock: Callable[[], datetime]
    ends_at: datetime | None
    on_batch: Callable[[], None] | None
    tries: int = 0


def read_shard(
    *,
    shard_id: int,
    worker: str,
    clock: Callable[[], datetime],
    turn: timedelta | None = None,
    on_batch: Callable[[], None] | None = None,
) -> bool:
    """Take in the rows of a shard from its checkpoint on, batch by batch.

    Safe to repeat and to kill at any moment: a batch and the checkpoint behind it are one
    transaction, and of two workers that come for one shard the second finds nothing to do.
    A transient database error repeats the batch a few times; after that the shard is let go,
    and `call_shards` finds it. A file that is gone or was changed fails the import.

    Args:
        worker: a name that no other call ever has.
        clock: the present moment, timezone-aware; each batch is posted as of its own.
        turn: after this long the shard is let go and the next worker called; None is never.
        on_batch: called after each commit.

    Returns:
        Whether this call finished the shard.
    """
    starts_at = clock()
    if not claim_shard(shard_id=shard_id, worker=worker, now=starts_at):
        return False
    ends_at = starts_at + turn if turn is not None else None
    reading = _Reading(shard_id, worker, clock, ends_at, on_batch)
    try:
        if _read_patiently(reading):
            return True
        release_shard(shard_id=shard_id, worker=worker, now=clock(), calls_next=True)
    except ClaimLost:
        logger.info("Shard %s went to another worker", shard_id)
    except TRANSIENT as error:
        logger.warning("Shard %s waits for the database: %s", shard_id, type(error).__name__)
        _let_go(reading)
    except KeyboardInterrupt:
        _let_go(reading)
        raise
    except Exception:
        abandon_shard(shard_id=shard_id, worker=worker)
        raise
    return False


def _read_patiently(reading: _Reading) -> bool:
    """Read on after transient errors, a few times in a row; return whether the shard is done."""
    while True:
        try:
            return _read_from_checkpoint(reading)
        except TRANSIENT:
            reading.tries += 1
            if reading.tries >= TRIES_MAX:
                raise
            # Whether a commit whose answer was lost took place, the checkpoint will say.
            _renew_connection()
            sleep(PAUSE_SECONDS * reading.tries)


def _read_from_checkpoint(reading: _Reading) -> bool:
    shard = Shard.objects.select_related("imported").get(id=reading.shard_id)
    imported = shard.imported
    try:
        with file_of(imported).path.open("rb", buffering=READ_AHEAD_BYTES) as stream:
            return _read_batches(reading, shard, imported, stream)
    except FileNotFoundError:
        failure = ("file_missing", "The file is not there any more.")
    except _FileUnusable:
        failure = ("file_changed", "The file is shorter than the one that was received.")
    code, detail = failure
    fail_import(imported_id=imported.id, code=code, detail=detail, now=reading.clock())
    raise ClaimLost


def _read_batches(reading: _Reading, shard: Shard, imported: Import, stream: BinaryIO) -> bool:
    kind = row_kind(imported.kind)
    reader = LineReader(stream, until=imported.bytes)
    zone = ZoneInfo(settings.PROGRAM_TIME_ZONE)
    table = table_of(reader, kind.columns, zone) if imported.format == CSV else Table()
    if shard.offset:
        reader = LineReader(stream, until=imported.bytes, offset=shard.offset, number=shard.line)
    share = Share(shard.number, imported.shards.count())
    rows = rows_in(reader, imported.format, table, share)
    for batch in batches_of(rows, reader, starts_at=shard.offset):
        if batch.is_last and batch.ends_at != imported.bytes:
            raise _FileUnusable
        now = reading.clock()
        _take(reading, batch, imported.kind, now)
        if not batch.is_last and reading.ends_at is not None and now >= reading.ends_at:
            return False
    return True


def _take(reading: _Reading, batch: Batch, kind: str, now: datetime) -> None:
    take_batch(
        shard_id=reading.shard_id,
        worker=reading.worker,
        batch=batch,
        kind=row_kind(kind),
        now=now,
    )
    reading.tries = 0
    if reading.on_batch is not None:
        reading.on_batch()


def _let_go(reading: _Reading) -> None:
    """Let go of the shard if the database hears it; if not, the lease ends by itself."""
    try:
        _renew_connection()
        release_shard(
            shard_id=reading.shard_id,
            worker=reading.worker,
            now=reading.clock(),
            calls_next=False,
        )
    except TRANSIENT:
        logger.warning("Shard %s stays leased until its lease ends", reading.shard_id)


def _renew_connection() -> None:
    # A caller's transaction would be lost with its connection.
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
