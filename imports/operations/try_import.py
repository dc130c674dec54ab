"""Read a file as an import would, and take everything back: a dry run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from imports.operations.receive_import import check_moment
from imports.operations.take_batch import id_in, outcomes_of, with_faults
from imports.policy.heads import FileEmpty, check_head, table_of
from imports.policy.kinds import CSV, RowFault, RowKind, RowOutcome
from imports.policy.lines import LineReader
from imports.policy.rows import Row, rows_in
from imports.policy.tables import Table
from imports.queries.kinds import row_kind

# Rows that are tried together hold the wallets that they touch, and no longer than this many.
ROWS_TOGETHER = 500
ROWS_LISTED_MAX = 100
# A request has an end: whoever wants to know of more rows asks by command.
REQUEST_ROWS_MAX = 20_000
REQUEST_SECONDS_MAX = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class TriedRow:
    """A row that would be rejected, or is older than what is known."""

    line: int
    row_id: str
    fault: RowFault


@dataclass(slots=True)
class DryRun:
    """What would become of a file's rows.

    Attributes:
        table: the layout of a CSV file.
        is_whole: every row was read.
        rejected_rows, stale_rows: the first of them.
    """

    table: Table
    rows_read: int = 0
    accepted: int = 0
    replayed: int = 0
    stale: int = 0
    rejected: int = 0
    is_whole: bool = True
    rejected_rows: list[TriedRow] = field(default_factory=list)
    stale_rows: list[TriedRow] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The columns of a CSV file, by their names."""
        return [".".join(column.path) for column in self.table.columns]


def try_import(
    *,
    kind: str,
    form: str,
    path: Path,
    by: str,
    clock: Callable[[], datetime],
    reported_at: datetime | None = None,
    rows_max: int | None = None,
    ends_at: datetime | None = None,
) -> DryRun:
    """Say what an import of a file would do; nothing is written.

    Each row is read strictly and taken in by the verb that would take it in, a few hundred rows
    in a transaction that is rolled back. Rows of one subscriber, or with one id, that stand
    further apart than that don't see one another.

    Args:
        by: who asks; their limits count.
        rows_max: after so many rows no more are read.
        ends_at: likewise after this moment.

    Raises:
        FileEmpty, FileUnreadable, HeaderInvalid, ReportedInTheFuture, NoReports: as the import
            itself would.
    """
    now = clock()
    rows_of_kind = row_kind(kind)
    check_moment(kind=kind, reported_at=reported_at, now=now)
    size = path.stat().st_size
    if not size:
        raise FileEmpty
    with path.open("rb") as stream:
        check_head(LineReader(stream, until=size), form, rows_of_kind.columns)
        reader = LineReader(stream, until=size)
        table = _table(reader, form, rows_of_kind)
        found = DryRun(table)
        for rows in _groups(reader, form, table):
            outcomes = _outcomes(rows, rows_of_kind, by, reported_at or now, now)
            _count(found, rows, outcomes, rows_of_kind)
            is_late = ends_at is not None and clock() >= ends_at
            if is_late or (rows_max is not None and found.rows_read >= rows_max):
                found.is_whole = not _has_more(reader, stream, size)
                break
    return found


def _table(reader: LineReader, form: str, kind: RowKind) -> Table:
    if form != CSV:
        return Table()
    return table_of(reader, kind.columns, ZoneInfo(settings.PROGRAM_TIME_ZONE))


def _groups(reader: LineReader, form: str, table: Table) -> Iterator[list[Row]]:
    rows: list[Row] = []
    for row in rows_in(reader, form, table):
        if row is not None:
            rows.append(row)
        if len(rows) >= ROWS_TOGETHER:
            yield rows
            rows = []
    if rows:
        yield rows


def _outcomes(
    rows: list[Row], kind: RowKind, by: str, reported_at: datetime, now: datetime
) -> list[RowOutcome]:
    read = with_faults(rows, kind)
    items = [each for each in read if not isinstance(each, RowFault)]
    taken: list[RowOutcome] = []
    if items:
        with transaction.atomic():
            taken = kind.take_in(items, now=now, by=by, reported_at=reported_at)
            transaction.set_rollback(True)
    return outcomes_of(read, taken)


def _count(found: DryRun, rows: list[Row], outcomes: list[RowOutcome], kind: RowKind) -> None:
    for row, outcome in zip(rows, outcomes, strict=True):
        found.rows_read += 1
        if outcome.fault is None:
            found.replayed += outcome.replayed
            found.accepted += not outcome.replayed
            continue
        found.stale += outcome.is_stale
        found.rejected += not outcome.is_stale
        listed = found.stale_rows if outcome.is_stale else found.rejected_rows
        if len(listed) < ROWS_LISTED_MAX:
            listed.append(TriedRow(row.line, id_in(row, kind), outcome.fault))


def _has_more(reader: LineReader, stream: BinaryIO, size: int) -> bool:
    stream.seek(reader.offset)
    while reader.offset < size and (line := reader.next_line()) is not None:
        if line.text is None or line.text.strip():
            return True
    return False
