"""The page that says what would become of a file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from doors.amounts import points_shown
from doors.translation import translated
from imports.operations import DryRun, IncomingFile, try_import
from imports.operations.try_import import REQUEST_ROWS_MAX, REQUEST_SECONDS_MAX, TriedRow
from imports.policy.kinds import CSV
from imports.policy.tables import COMMA, SEMICOLON, TAB

COUNTS = ("rows_read", "accepted", "replayed", "stale", "rejected")
SEPARATORS = {
    COMMA: pgettext_lazy("separator", "comma"),
    SEMICOLON: pgettext_lazy("separator", "semicolon"),
    TAB: pgettext_lazy("separator", "tab"),
}


def dry_run_of(said: dict[str, Any], *, by: str) -> DryRun:
    """Try the file of a form that is valid."""
    clock = partial(datetime.now, UTC)
    upload: Any = said["file"]
    with IncomingFile() as incoming:
        for piece in upload.chunks():
            incoming.write(piece)
        incoming.flush()
        return try_import(
            kind=said["kind"],
            form=said["form"],
            path=incoming.path,
            by=by,
            clock=clock,
            reported_at=said["reported_at"],
            rows_max=REQUEST_ROWS_MAX,
            ends_at=clock() + REQUEST_SECONDS_MAX,
        )


def dry_run_page(
    request: HttpRequest, context: dict[str, Any], said: dict[str, Any], tried: DryRun
) -> HttpResponse:
    """Show what would become of a file."""
    more = {
        "title": _("Dry run"),
        "tried": tried,
        "counts": {name: points_shown(getattr(tried, name)) for name in COUNTS},
        "separator": SEPARATORS[tried.table.separator] if said["form"] == CSV else None,
        "columns": ", ".join(tried.columns),
        "lists": [
            (_("First rows that would be rejected"), _told(tried.rejected_rows)),
            (_("First stale rows"), _told(tried.stale_rows)),
        ],
        "back": reverse("admin:imports_import_add"),
    }
    return TemplateResponse(request, "imports/admin/dry_run.html", context | more)


def _told(rows: Sequence[TriedRow]) -> list[dict[str, Any]]:
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
