"""How far imports are, and what was wrong with their rows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, DecimalField, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.policy.reports import StaleReport
from imports.models import Import, RowError, Shard
from imports.news import SHARD_DUE
from imports.policy.kinds import FAILED, FINISHED
from kernel.owners import EVERYBODY, Owners, owned
from kernel.refusals import NotFound
from kernel.spreadsheets import csv_lines
from outbox.models import Event

ERRORS_PAGE = 2000
ERROR_COLUMNS = ("line", "id", "code", "pointer", "detail")


class NoSuchImport(NotFound):
    code = "unknown_import"
    title = "There is no import with this id."


class Progress(NamedTuple):
    """What became of the rows so far; `share` of the file from 0 to 1."""

    rows_read: int
    accepted: int
    replayed: int
    stale: int
    rejected: int
    share: float


def imports_with_progress(owners: Owners = EVERYBODY) -> QuerySet[Any]:
    """The imports of these owners with the sums over their shards, for `progress_of`."""
    return owned(Import.objects.all(), owners).annotate(
        rows_read=Coalesce(Sum("shards__rows_read"), 0),
        accepted=Coalesce(Sum("shards__accepted"), 0),
        replayed=Coalesce(Sum("shards__replayed"), 0),
        stale=Coalesce(Sum("shards__stale"), 0),
        rejected=Coalesce(Sum("shards__rejected"), 0),
        offsets=Coalesce(Sum("shards__offset"), Decimal(0), output_field=DecimalField()),
        shard_count=Count("shards"),
    )


def import_called(import_id: str, owners: Owners = EVERYBODY) -> Any:
    """The import with this id, with its progress.

    Raises:
        NoSuchImport: there is none of these owners.
    """
    found = imports_with_progress(owners).filter(import_id=import_id).first()
    if found is None:
        raise NoSuchImport
    return found


def progress_of(imported: Any) -> Progress:
    """How far one of `imports_with_progress` is."""
    done = int(imported.offsets) / (imported.bytes * max(imported.shard_count, 1))
    share = 1.0 if imported.status == FINISHED else min(round(done, 4), 0.9999)
    return Progress(
        rows_read=imported.rows_read,
        accepted=imported.accepted,
        replayed=imported.replayed,
        stale=imported.stale,
        rejected=imported.rejected,
        share=share,
    )


def rejected_rows(imported: Import) -> QuerySet[RowError]:
    """The rows of an import that were rejected."""
    return RowError.objects.filter(imported=imported).exclude(code=StaleReport.code)


def stale_rows(imported: Import) -> QuerySet[RowError]:
    """The rows of an import that were older than what was known."""
    return RowError.objects.filter(imported=imported, code=StaleReport.code)


def in_order(rows: QuerySet[RowError]) -> Iterator[RowError]:
    """Such rows in the order of the file, however many there are."""
    line = 0
    while page := list(rows.filter(line__gt=line).order_by("line")[:ERRORS_PAGE]):
        yield from page
        line = page[-1].line


def error_lines(rows: QuerySet[RowError]) -> Iterator[str]:
    """Such rows as lines of CSV, the header first."""
    return csv_lines(ERROR_COLUMNS, (shown_error(error).values() for error in in_order(rows)))


def shown_error(error: RowError) -> dict[str, Any]:
    """A rejected row by the names of `ERROR_COLUMNS`."""
    values = (error.line, error.row_id, error.code, error.pointer, error.detail)
    return dict(zip(ERROR_COLUMNS, values, strict=True))


def shards_called_by(event_ids: Sequence[int]) -> list[int]:
    """The ids of the shards that these announcements of `import.shard_due` name."""
    announced = Event.objects.filter(id__in=event_ids, name=SHARD_DUE).order_by("id")
    return [item["shard"] for event in announced for item in event.items]


def unfinished_shards_of(imported_id: int) -> list[int]:
    """The ids of the shards that aren't finished, in their order; those in work among them."""
    shards = Shard.objects.filter(imported_id=imported_id, finished_at=None).exclude(
        imported__status=FAILED
    )
    return list(shards.order_by("number").values_list("id", flat=True))
