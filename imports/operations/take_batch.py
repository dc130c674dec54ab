"""Take in one batch of rows, together with the checkpoint behind it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from imports.models import Import, RowError, Shard
from imports.operations.claim_shard import LEASE, hold_shard
from imports.operations.counts import count_rows_after_commit
from imports.operations.end_import import finish_if_done
from imports.policy.batches import Batch
from imports.policy.kinds import RowFault, RowKind, RowOutcome
from imports.policy.rows import Row

ROW_ID_LENGTH_MAX = 64

_Item = Any


def take_batch(*, shard_id: int, worker: str, batch: Batch, kind: RowKind, now: datetime) -> None:
    """Take in a batch, and move its shard's checkpoint, counts and errors, all or nothing.

    The last batch finishes its shard, and the last shard its import.

    Raises:
        ClaimLost: the shard is not this worker's any more; nothing was written.
    """
    read = with_faults(batch.rows, kind)
    items = [each for each in read if not isinstance(each, RowFault)]
    with transaction.atomic():
        shard = hold_shard(shard_id=shard_id, worker=worker)
        assert shard.offset == batch.starts_at, "a checkpoint moves with its own claim only"

        outcomes = outcomes_of(read, _taken(items, shard.imported, kind, now))
        _write_errors(shard, batch.rows, outcomes, kind)
        _move_checkpoint(shard, batch, outcomes, now)
        if batch.is_last:
            finish_if_done(imported_id=shard.imported_id, now=now)


def with_faults(rows: Sequence[Row], kind: RowKind) -> list[_Item | RowFault]:
    """Return each row's item or fault; strict reading needs no lock and no transaction."""
    read = iter(kind.read([row.document for row in rows if row.fault is None]))
    return [row.fault if row.fault is not None else next(read) for row in rows]


def _taken(
    items: Sequence[_Item], imported: Import, kind: RowKind, now: datetime
) -> list[RowOutcome]:
    if not items:
        return []
    # A file says nothing newer than when it came, however long its rows have waited since.
    reported_at = imported.reported_at or min(imported.created_at, now)
    return kind.take_in(items, now=now, by=imported.created_by, reported_at=reported_at)


def outcomes_of(
    read: Sequence[_Item | RowFault], outcomes: Sequence[RowOutcome]
) -> list[RowOutcome]:
    """Return an outcome for each row, those that couldn't be read among them."""
    following = iter(outcomes)
    return [
        RowOutcome(fault=each) if isinstance(each, RowFault) else next(following) for each in read
    ]


def _write_errors(
    shard: Shard, rows: Sequence[Row], outcomes: Sequence[RowOutcome], kind: RowKind
) -> None:
    RowError.objects.bulk_create(
        [
            RowError(
                imported_id=shard.imported_id,
                line=row.line,
                row_id=id_in(row, kind),
                code=outcome.fault.code[:64],
                pointer=outcome.fault.pointer[:255],
                detail=outcome.fault.detail[:500],
            )
            for row, outcome in zip(rows, outcomes, strict=True)
            if outcome.fault is not None
        ],
        batch_size=1000,
    )


def _move_checkpoint(
    shard: Shard, batch: Batch, outcomes: Sequence[RowOutcome], now: datetime
) -> None:
    stale = sum(outcome.is_stale for outcome in outcomes)
    rejected = sum(outcome.fault is not None for outcome in outcomes) - stale
    replayed = sum(outcome.replayed for outcome in outcomes)
    counts = {
        "accepted": len(outcomes) - rejected - stale - replayed,
        "replayed": replayed,
        "stale": stale,
        "rejected": rejected,
    }
    count_rows_after_commit(shard.imported.kind, counts)
    Shard.objects.filter(id=shard.id).update(
        offset=batch.ends_at,
        line=batch.last_line,
        rows_read=F("rows_read") + len(outcomes),
        **{name: F(name) + rows for name, rows in counts.items()},
        failures=0,
        claimed_by=None if batch.is_last else shard.claimed_by,
        leased_until=None if batch.is_last else now + LEASE,
        finished_at=now if batch.is_last else None,
    )


def id_in(row: Row, kind: RowKind) -> str:
    """Return the row's id if it has one that could be an id, else nothing."""
    document = row.document or {}
    row_id = document.get(kind.id_member)
    if type(row_id) is str and len(row_id) <= ROW_ID_LENGTH_MAX and row_id.isprintable():
        return row_id
    return ""
