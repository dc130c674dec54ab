"""Memory stays flat, whatever the size of the file or of its lines."""

import tracemalloc
from datetime import UTC
from pathlib import Path

import pytest

from imports.api.rows import ChargeRows
from imports.operations.store_file import StoredFile
from imports.policy.batches import batches_of
from imports.policy.heads import table_of
from imports.policy.kinds import CSV, LOCAL
from imports.policy.lines import LineReader
from imports.policy.rows import Share, rows_in
from tests.imports.conftest import CHARGE_HEADER

MEGABYTE = 1024 * 1024


def peak_of_reading(path: Path) -> int:
    """Read a file as a worker does, strict fields included, and return the most it took."""
    kind = ChargeRows()
    stored = StoredFile(LOCAL, str(path), b"", path.stat().st_size)
    tracemalloc.start()
    with stored.path.open("rb") as stream:
        reader = LineReader(stream, until=stored.bytes)
        table = table_of(reader, kind.columns, UTC)
        rows = rows_in(reader, CSV, table, Share(0, 2))
        for batch in batches_of(rows, reader, starts_at=0):
            kind.read([row.document for row in batch.rows if row.document is not None])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def written(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(CHARGE_HEADER + "\n")
        stream.writelines(
            f"c{n},s{n % 1000},100.00,RUB,service,2026-03-01T12:00:00Z\n" for n in range(rows)
        )
    return path


def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    small = peak_of_reading(written(tmp_path / "small.csv", 30_000))
    large = peak_of_reading(written(tmp_path / "large.csv", 300_000))
    assert large < small * 1.1 + MEGABYTE


@pytest.mark.parametrize("line", [b"x" * (100 * MEGABYTE), b'"' * (20 * MEGABYTE + 1)])
def test_a_line_of_a_hundred_megabytes_takes_none(tmp_path: Path, line: bytes) -> None:
    path = written(tmp_path / "long.csv", 10)
    with path.open("ab") as stream:
        stream.write(line + b"\n" + b"c10,s1,1.00,RUB,service,2026-03-01T12:00:00Z\n")
    assert peak_of_reading(path) < 4 * MEGABYTE
