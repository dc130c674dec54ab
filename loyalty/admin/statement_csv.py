"""Parts of a statement as CSV, sent row by row."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from accounts.models import Subscriber
from doors.admin.exports import csv_file, exported
from kernel.money import decimal_string
from kernel.spreadsheets import csv_lines
from loyalty.queries.ledger_pages import all_billed, all_entries

Row = tuple[Any, ...]


def csv_response(
    request: HttpRequest, subscriber: Subscriber, part: str, at: datetime
) -> StreamingHttpResponse:
    """A part of the statement as a file that is sent while it is read, and leaves a trace."""
    header, rows = CSV_PARTS[part]
    # The zone of the request ends with it, and the rows are written after that.
    zone = timezone.get_current_timezone()

    def lines() -> Iterator[str]:
        with timezone.override(zone):
            yield from csv_lines(header, (map(_cell, row) for row in rows(subscriber.pk, at)))

    file = f"{part}-{subscriber.pk}.csv"
    asked = {"as_of": at.isoformat()}
    exported(request, kind="statement", key=subscriber.pk, file=file, asked=asked)
    return csv_file(lines(), file)


def _cell(value: Any) -> Any:
    return timezone.localtime(value).isoformat() if isinstance(value, datetime) else value


def _entry_rows(subscriber_id: int, at: datetime) -> Iterator[Row]:
    for entry in all_entries(subscriber_id=subscriber_id, at=at):
        yield (
            entry.number,
            entry.posted_at,
            entry.occurred_at,
            entry.kind,
            entry.source,
            entry.destination,
            entry.points,
            entry.change,
            entry.available_after,
            entry.cause_type,
            entry.cause_id,
            entry.reverses,
            entry.terms,
        )


def _billed_rows(subscriber_id: int, at: datetime) -> Iterator[Row]:
    for line in all_billed(subscriber_id=subscriber_id, at=at):
        yield (
            line.type,
            line.id,
            line.charge_id,
            line.kind,
            line.status,
            Decimal(decimal_string(line.amount_minor)),
            line.points_earned,
            line.points_in_review,
            line.points_to_debt,
            line.tier,
            line.terms,
            line.occurred_at,
            line.recorded_at,
        )


_ENTRY_HEADER = (
    "number",
    "posted_at",
    "occurred_at",
    "kind",
    "source",
    "destination",
    "points",
    "available_change",
    "available_after",
    "cause_type",
    "cause_id",
    "reverses",
    "terms",
)
_BILLED_HEADER = (
    "type",
    "id",
    "charge_id",
    "kind",
    "status",
    "amount",
    "points_earned",
    "points_in_review",
    "points_to_debt",
    "tier",
    "terms",
    "occurred_at",
    "recorded_at",
)

CSV_PARTS: Mapping[str, tuple[Row, Callable[[int, datetime], Iterator[Row]]]] = {
    "entries": (_ENTRY_HEADER, _entry_rows),
    "billed": (_BILLED_HEADER, _billed_rows),
}
