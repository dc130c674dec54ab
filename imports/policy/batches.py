"""Batches: what one shard takes of a file in one transaction, bounded in every respect."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from imports.policy.lines import LineReader
from imports.policy.rows import Row

BATCH_ROWS = 5_000
BATCH_BYTES = 8 * 1024 * 1024


class Batch(NamedTuple):
    """Rows of one shard, and the place in the file up to which there are no others."""

    rows: list[Row]
    starts_at: int
    ends_at: int
    last_line: int
    is_last: bool


def batches_of(
    rows: Iterable[Row | None], reader: LineReader, *, starts_at: int
) -> Iterator[Batch]:
    """Yield the batches of one shard; the last one may be empty.

    Args:
        rows: the shard's, as `reader` reads them; None ends a batch, so that the checkpoint and
            the lease move on where few rows belong to the shard.
        starts_at: the checkpoint that the first batch follows.
    """
    mine: list[Row] = []
    size = 0
    for row in rows:
        if row is not None:
            mine.append(row)
            size += row.bytes
        if row is None or len(mine) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield Batch(mine, starts_at, reader.offset, reader.number, is_last=False)
            starts_at, mine, size = reader.offset, [], 0
    yield Batch(mine, starts_at, reader.offset, reader.number, is_last=True)
