"""Batches: what one shard takes of a file in one transaction, bounded in every respect."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from imports.policy.lines import LineReader
from imports.policy.rows import Row, shard_of

BATCH_ROWS = 5_000
BATCH_BYTES = 8 * 1024 * 1024
# Where few rows belong to a shard, its checkpoint and its lease move on all the same.
BATCH_ROWS_PASSED = 200_000


class Batch(NamedTuple):
    """Rows of one shard, and the place in the file up to which there are no others."""

    rows: list[Row]
    starts_at: int
    ends_at: int
    last_line: int
    is_last: bool


def batches_of(
    rows: Iterable[Row], reader: LineReader, *, shard: int, shards: int, starts_at: int
) -> Iterator[Batch]:
    """Yield the batches of one shard; the last one may be empty.

    Args:
        rows: all of the file's, as `reader` reads them.
        starts_at: the checkpoint that the first batch follows.
    """
    mine: list[Row] = []
    size = passed = 0
    before = reader.offset
    for row in rows:
        passed += 1
        if shard_of(row, shards) == shard:
            mine.append(row)
            size += row.ends_at - before
        before = row.ends_at
        if len(mine) >= BATCH_ROWS or size >= BATCH_BYTES or passed >= BATCH_ROWS_PASSED:
            yield Batch(mine, starts_at, row.ends_at, row.last_line, is_last=False)
            starts_at, mine, size, passed = row.ends_at, [], 0, 0
    yield Batch(mine, starts_at, reader.offset, reader.number, is_last=True)
