"""Imports in the admin: how far they are, and what was wrong with their rows."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from doors.admin.exports import csv_file, exported
from doors.admin.owners import owner_shown
from doors.admin.readonly import ReadOnlyAdmin, ReadOnlyTable
from doors.admin.theme import column
from doors.amounts import points_shown
from doors.translation import translated
from imports.admin.columns import columns_shown, sample_of
from imports.admin.dry_runs import dry_run_of, dry_run_page
from imports.admin.forms import ImportForm
from imports.models import Import, RowError, Shard
from imports.operations import IncomingFile, receive_import
from imports.operations.try_import import REQUEST_ROWS_MAX, REQUEST_SECONDS_MAX
from imports.policy.kinds import CHARGES, KINDS, SUBSCRIBERS
from imports.queries.imports import (
    error_lines,
    imports_with_progress,
    in_order,
    progress_of,
    rejected_rows,
    stale_rows,
)

ERRORS_SHOWN_MAX = 20
TITLES = {
    SUBSCRIBERS: _("Columns of a file of subscribers"),
    CHARGES: _("Columns of a file of charges"),
}
STATUS_COLOURS = {
    "waiting": "info",
    "running": "warning",
    "finished": "success",
    "failed": "danger",
}


class ShardTable(ReadOnlyTable[Shard, Import]):
    """Which part of the work is how far."""

    model = Shard
    fields = (
        "number",
        "rows_read",
        "accepted",
        "replayed",
        "stale",
        "rejected",
        "line",
        "leased_until",
        "finished_at",
    )
    readonly_fields = fields
    ordering = ("number",)
    verbose_name_plural = _("Shards: subscribers by their hash")


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin[Import]):
    """Files of subscribers and charges."""

    list_display = (
        "import_id",
        "kind",
        "status_word",
        "progress_bar",
        "rows_read",
        "accepted",
        "replayed",
        "stale",
        "rejected",
        "created_at",
    )
    list_filter = (("kind", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    list_filter_submit = True
    ordering = ("-id",)
    search_fields = ("import_id__startswith",)
    search_help_text = _("Import id")
    compressed_fields = True
    inlines = (ShardTable,)
    change_form_after_template = "imports/admin/columns.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("import_id", "kind", "format"),
                    ("status_word", "progress_bar", "size"),
                    ("rows_read", "accepted", "replayed"),
                    ("stale", "rejected"),
                    ("reported_at", "created_at", "created_by", "owner_in_words"),
                    ("started_at", "finished_at"),
                    "failure",
                    "first_errors",
                )
            },
        ),
    )
    readonly_fields = (
        "owner_in_words",
        "status_word",
        "progress_bar",
        "size",
        "rows_read",
        "accepted",
        "replayed",
        "stale",
        "rejected",
        "failure",
        "first_errors",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        """Return imports with their sums."""
        rows: QuerySet[Import] = imports_with_progress()
        return rows

    @column(description=_("Status"), label=STATUS_COLOURS)
    def status_word(self, imported: Import) -> tuple[str, str]:
        """Return the status, coloured."""
        return imported.status, imported.get_status_display()

    @column(description=_("Owner"))
    def owner_in_words(self, imported: Import) -> str:
        """Return whose it is."""
        return owner_shown(imported.owner)

    @column(description=_("Progress"))
    def progress_bar(self, imported: Import) -> SafeString:
        """Return the share of the file that was dealt with, as a bar."""
        percent = int(progress_of(imported).share * 100)
        bar = '<progress max="100" value="{}" aria-label="{} %"></progress> {}&nbsp;%'
        return format_html(bar, percent, percent, percent)

    @column(description=_("Size"))
    def size(self, imported: Import) -> str:
        """Return the file's length."""
        return filesizeformat(imported.bytes)

    @column(description=_("Rows"))
    def rows_read(self, imported: Import) -> str:
        """Return how many rows were read."""
        return points_shown(progress_of(imported).rows_read)

    @column(description=_("Accepted"))
    def accepted(self, imported: Import) -> str:
        """Return how many made something."""
        return points_shown(progress_of(imported).accepted)

    @column(description=_("Known already"))
    def replayed(self, imported: Import) -> str:
        """Return how many said nothing new."""
        return points_shown(progress_of(imported).replayed)

    @column(description=_("Stale"))
    def stale(self, imported: Import) -> SafeString | str:
        """Return how many were older than what was known, and where they are."""
        count = progress_of(imported).stale
        if not count:
            return points_shown(count)
        address = reverse("admin:imports_import_stale", args=[imported.pk])
        return format_html('<a class="link" href="{}">{}</a>', address, points_shown(count))

    @column(description=_("Rejected"))
    def rejected(self, imported: Import) -> str:
        """Return how many were wrong."""
        return points_shown(progress_of(imported).rejected)

    @column(description=_("Failure"))
    def failure(self, imported: Import) -> str:
        """Return why the import as a whole failed, if it did."""
        return translated(imported.failure_detail) or "–"

    @column(description=_("First errors"))
    def first_errors(self, imported: Import) -> SafeString | str:
        """Return the first rejected rows, and where all of them are."""
        if not progress_of(imported).rejected:
            return "–"
        errors = islice(in_order(rejected_rows(imported)), ERRORS_SHOWN_MAX)
        lines = (
            (error.line, error.row_id or "–", error.code, translated(error.detail))
            for error in errors
        )
        return format_html(
            '<ul>{}</ul><a class="link" href="{}">{}</a>',
            format_html_join("", "<li>{}: {}: <b>{}</b> {}</li>", lines),
            reverse("admin:imports_import_errors", args=[imported.pk]),
            _("Download all rejected rows (CSV)"),
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and the download."""
        errors = self.admin_site.admin_view(self.errors_view)
        stale = self.admin_site.admin_view(self.stale_view)
        sample = self.admin_site.admin_view(self.sample_view)
        return [
            path("<int:pk>/errors.csv", errors, name="imports_import_errors"),
            path("<int:pk>/stale.csv", stale, name="imports_import_stale"),
            path("sample/<str:kind>.csv", sample, name="imports_import_sample"),
            *super().get_urls(),
        ]

    def errors_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Download the rejected rows."""
        return self._download(request, pk, rejected_rows, "errors.csv")

    def stale_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Download the rows that were older than what was known."""
        return self._download(request, pk, stale_rows, "stale.csv")

    def sample_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Download a file that shows what a file of this kind holds."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if kind not in KINDS:
            raise Http404
        return HttpResponse(
            sample_of(kind),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{kind}.csv"'},
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form with the columns of each kind; take a file in, or only try it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "_try" in request.POST:
            form = self.get_form(request)(request.POST, request.FILES)
            if form.is_valid():
                tried = dry_run_of(form.cleaned_data, by=request.user.get_username())
                context = self.admin_site.each_context(request)
                return dry_run_page(request, context, form.cleaned_data, tried)
        more = {
            "kinds_of_files": [
                {"kind": kind, "title": TITLES[kind], "columns": columns_shown(kind)}
                for kind in KINDS
            ],
            "rows_max": points_shown(REQUEST_ROWS_MAX),
            "seconds_max": REQUEST_SECONDS_MAX.seconds,
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().add_view(request, form_url, {**(extra_context or {}), **more})

    def _download(
        self,
        request: HttpRequest,
        pk: int,
        rows_of: Callable[[Import], QuerySet[RowError]],
        name: str,
    ) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        imported = Import.objects.filter(pk=pk).first()
        if imported is None:
            raise Http404
        exported(request, kind="import", key=pk, file=name)
        return csv_file(error_lines(rows_of(imported)), name)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may send files."""
        return request.user.has_perm("imports.add_import")

    def get_form(
        self, request: HttpRequest, obj: Import | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form of a new import; an old one has none."""
        if obj is None:
            kwargs["form"] = ImportForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Import | None = None) -> Any:
        """Return what is asked of a new import, and what is known of an old one."""
        if obj is None:
            return ((None, {"fields": ("import_id", "kind", "file", "reported_at")}),)
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Import | None = None) -> Any:
        """Return nothing for a new import."""
        return () if obj is None else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Import | None) -> Any:
        """Return the shards of an import that has some."""
        return () if obj is None else self.inlines

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return an id that is free."""
        return {"import_id": f"admin-{uuid4().hex[:12]}"}

    def save_model(self, request: HttpRequest, obj: Import, form: Any, change: bool) -> None:
        """Take the file in."""
        said = form.cleaned_data
        with IncomingFile() as incoming:
            for piece in said["file"].chunks():
                incoming.write(piece)
            received = receive_import(
                import_id=said["import_id"],
                kind=said["kind"],
                form=said["form"],
                stored=incoming.keep(),
                shards=settings.IMPORT_SHARDS,
                by=request.user.get_username(),
                now=datetime.now(UTC),
                reported_at=said["reported_at"],
            )
        obj.pk = received.imported.pk
