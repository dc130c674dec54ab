"""Dry runs over REST: what would become of a file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from rest_framework import serializers

from doors.translation import translated
from imports.api.uploads import FILE
from imports.operations import try_import
from imports.operations.try_import import (
    REQUEST_ROWS_MAX,
    REQUEST_SECONDS_MAX,
    DryRun,
    TriedRow,
)
from imports.policy.kinds import CSV, KINDS

EXAMPLE: dict[str, Any] = {
    "dry_run": True,
    "kind": "subscribers",
    "format": "csv",
    "separator": ";",
    "columns": ["subscriber_id", "msisdn", "status", "activated_at", "plan", "region"],
    "is_whole": True,
    "rows_read": 3,
    "accepted": 1,
    "replayed": 0,
    "stale": 1,
    "rejected": 1,
    "errors": [
        {
            "line": 4,
            "id": "",
            "code": "spreadsheet_number",
            "pointer": "/subscriber_id",
            "detail": "Excel turned this number into its short form (such as 1.23E+15), and its"
            " last digits are lost. Format the column as text, fill it in anew and save the file"
            " again.",
        }
    ],
    "stale_rows": [
        {
            "line": 3,
            "id": "S-1002",
            "code": "stale_report",
            "pointer": "",
            "detail": "The newest report is of 2026-11-29T06:12:00Z.",
        }
    ],
}


class RowErrorOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    id = serializers.CharField(help_text="The row's charge or subscriber id, if it has one.")
    code = serializers.CharField()
    pointer = serializers.CharField(help_text="Where in the row the first fault is.")
    detail = serializers.CharField()


class DryRunOut(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    kind = serializers.ChoiceField(KINDS)
    format = serializers.CharField()
    separator = serializers.CharField(allow_null=True, help_text="Of a CSV file, as it was read.")
    columns = serializers.ListField(child=serializers.CharField())
    is_whole = serializers.BooleanField(
        help_text=f"False if only the first rows were read: at most {REQUEST_ROWS_MAX:,}, for at"
        f" most {REQUEST_SECONDS_MAX.seconds} s."
    )
    rows_read = serializers.IntegerField()
    accepted = serializers.IntegerField()
    replayed = serializers.IntegerField()
    stale = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = RowErrorOut(many=True, help_text="The first 100.")  # type: ignore[assignment]
    stale_rows = RowErrorOut(many=True, help_text="The first 100.")


def dry_run_shown(form: dict[str, Any], *, by: str) -> dict[str, Any]:
    """Try the file of a form that was received, and say what would become of it."""
    incoming = form[FILE].incoming
    incoming.flush()
    clock = partial(datetime.now, UTC)
    tried = try_import(
        kind=form["kind"],
        form=form["format"],
        path=incoming.path,
        by=by,
        clock=clock,
        reported_at=form.get("reported_at"),
        rows_max=REQUEST_ROWS_MAX,
        ends_at=clock() + REQUEST_SECONDS_MAX,
    )
    return shown(tried, form["kind"], form["format"])


def shown(tried: DryRun, kind: str, form: str) -> dict[str, Any]:
    """A dry run as the API answers."""
    return {
        "dry_run": True,
        "kind": kind,
        "format": form,
        "separator": tried.table.separator if form == CSV else None,
        "columns": tried.columns,
        "is_whole": tried.is_whole,
        "rows_read": tried.rows_read,
        "accepted": tried.accepted,
        "replayed": tried.replayed,
        "stale": tried.stale,
        "rejected": tried.rejected,
        "errors": _rows(tried.rejected_rows),
        "stale_rows": _rows(tried.stale_rows),
    }


def _rows(rows: Sequence[TriedRow]) -> list[dict[str, Any]]:
    return [
        {
            "line": row.line,
            "id": row.row_id,
            "code": row.fault.code,
            "pointer": row.fault.pointer,
            "detail": translated(row.fault.detail),
        }
        for row in rows
    ]
