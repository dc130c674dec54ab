"""Files are sent, and their progress and errors read back."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers

from doors.api.pages import ListView
from doors.api.views import ApiRequest, ApiView, answer, found
from doors.owned import OwnedKind
from imports.api.dry_runs import EXAMPLE, DryRunOut, RowErrorOut, dry_run_shown
from imports.api.uploads import FILE, ImportIn, MultipartForm, received_form
from imports.models import Import, RowError
from imports.operations import IncomingFile, receive_import
from imports.policy.kinds import KINDS, STATUSES
from imports.queries.imports import (
    error_lines,
    import_called,
    imports_with_progress,
    progress_of,
    rejected_rows,
    shown_error,
    stale_rows,
)

_CSV = "text/csv"

_EXAMPLE: dict[str, Any] = {
    "import_id": "charges-2025-06",
    "kind": "charges",
    "format": "csv",
    "status": "running",
    "bytes": 68_157_440,
    "progress": {
        "rows_read": 412_000,
        "accepted": 411_870,
        "replayed": 0,
        "stale": 0,
        "rejected": 130,
        "share": 0.3911,
    },
    "reported_at": None,
    "errors": {"count": 130, "href": "/api/v1/imports/charges-2025-06/errors"},
    "stale": {"count": 0, "href": "/api/v1/imports/charges-2025-06/stale"},
    "failure": None,
    "created_at": "2025-06-30T21:15:00Z",
    "started_at": "2025-06-30T21:15:01Z",
    "finished_at": None,
}


class ProgressOut(serializers.Serializer[Any]):
    rows_read = serializers.IntegerField()
    accepted = serializers.IntegerField()
    replayed = serializers.IntegerField(help_text="Known already, and unchanged.")
    stale = serializers.IntegerField(help_text="Older than what was known; they changed nothing.")
    rejected = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the file, from 0 to 1.")


class RowsOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    href = serializers.CharField()


class FailureOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportOut(serializers.Serializer[Any]):
    import_id = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    format = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    bytes = serializers.IntegerField()
    reported_at = serializers.DateTimeField(
        allow_null=True, help_text="As of when the file was made, if its sender said so."
    )
    progress = ProgressOut()
    errors = RowsOut()  # type: ignore[assignment]
    stale = RowsOut()
    failure = FailureOut(allow_null=True, help_text="Why the import as a whole failed.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportPage(serializers.Serializer[Any]):
    data = ImportOut(many=True)  # type: ignore[assignment]
    next = serializers.IntegerField(allow_null=True)


class RowErrorPage(serializers.Serializer[Any]):
    data = RowErrorOut(many=True)  # type: ignore[assignment]
    next = serializers.IntegerField(allow_null=True)


_ROWS = {
    (200, _CSV): OpenApiResponse(OpenApiTypes.STR, "line,id,code,pointer,detail"),
    (200, "application/json"): RowErrorPage,
}


class ImportFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=[(kind, kind) for kind in KINDS])
    status = django_filters.ChoiceFilter(choices=[(status, status) for status in STATUSES])

    class Meta:
        model = Import
        fields = ("kind", "status")


class ImportsView(ListView):
    """Imports: sent, and listed."""

    writes_trail = False
    required_scopes = {"GET": "imports:read", "POST": "imports:write"}
    filterset_class = ImportFilter
    parser_classes = [MultipartForm]
    parses_first = False

    @extend_schema(
        request=ImportIn,
        responses={
            202: ImportOut,
            200: PolymorphicProxySerializer(
                "ImportOrDryRun", [ImportOut, DryRunOut], resource_type_field_name=None
            ),
        },
        examples=[
            OpenApiExample("A running import", _EXAMPLE, response_only=True, status_codes=["202"]),
            OpenApiExample("A dry run", EXAMPLE, response_only=True, status_codes=["200"]),
        ],
    )
    def post(self, request: ApiRequest) -> HttpResponse:
        """Send a file of subscribers or charges.

        202: the file is kept and its rows are being read, each through the same rules as a
        single call. 200 with `Idempotent-Replayed` for the same id, kind and content. A file
        may have any size; what is wrong with its rows is told under `errors`, and a file that
        can't be read at all (its header, encoding or format) is refused here. Refunds can't be
        imported.

        With `dry_run=true` nothing is kept or written, and the id stays free: 200 says what would
        become of the file's first rows, which are read and tried against the data of now.
        """
        with IncomingFile() as incoming:
            form = received_form(request._request, incoming)
            if form.get("dry_run") == "true":
                return found(dry_run_shown(form, by=request.actor))
            received = receive_import(
                import_id=form["import_id"],
                kind=form["kind"],
                form=form["format"],
                stored=form[FILE].incoming.keep(),
                reported_at=form.get("reported_at"),
                shards=settings.IMPORT_SHARDS,
                by=request.actor,
                now=datetime.now(UTC),
                owner=request.actor,
                owners=request.owners_of(OwnedKind.IMPORTS),
            )
        body = shown(import_called(form["import_id"], request.owners_of(OwnedKind.IMPORTS)))
        return answer(body, replayed=received.replayed, status=202)

    @extend_schema(responses=ImportPage)
    def get(self, request: ApiRequest) -> HttpResponse:
        """List the client's imports, newest first."""
        owners = request.owners_of(OwnedKind.IMPORTS)
        return self.page(imports_with_progress(owners), by="-id", represent=shown)


class ImportView(ApiView):
    """One import."""

    required_scopes = {"GET": "imports:read"}

    @extend_schema(
        responses=ImportOut,
        examples=[OpenApiExample("A running import", _EXAMPLE, response_only=True)],
    )
    def get(self, request: ApiRequest, import_id: str) -> HttpResponse:
        """Read how far an import is."""
        return found(shown(import_called(import_id, request.owners_of(OwnedKind.IMPORTS))))


class _RowsView(ListView):
    """Some rows of one import, as CSV or as pages of JSON."""

    file_name: ClassVar[str]
    required_scopes = {"GET": "imports:read"}
    accepted = ListView.accepted | {_CSV, "text/*"}

    def answer_with(self, rows: QuerySet[RowError]) -> HttpResponseBase:
        """Answer with rows in the form that the client asks for."""
        if _wants_json(self.request.META.get("HTTP_ACCEPT", "")):
            return self.page(rows, by="line", represent=shown_error)
        return StreamingHttpResponse(
            error_lines(rows),
            content_type=f"{_CSV}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{self.file_name}"'},
        )


class RowErrorsView(_RowsView):
    """The rejected rows of one import."""

    file_name = "errors.csv"

    @extend_schema(responses=_ROWS)
    def get(self, request: ApiRequest, import_id: str) -> HttpResponseBase:
        """Download the rejected rows.

        All of them as CSV; or pages of them as JSON, if `Accept` asks for application/json.
        """
        owners = request.owners_of(OwnedKind.IMPORTS)
        return self.answer_with(rejected_rows(import_called(import_id, owners)))


class StaleRowsView(_RowsView):
    """The stale rows of one import."""

    file_name = "stale.csv"

    @extend_schema(responses=_ROWS)
    def get(self, request: ApiRequest, import_id: str) -> HttpResponseBase:
        """Download the rows that were older than what was known, and so changed nothing.

        All of them as CSV; or pages of them as JSON, if `Accept` asks for application/json.
        """
        owners = request.owners_of(OwnedKind.IMPORTS)
        return self.answer_with(stale_rows(import_called(import_id, owners)))


def shown(imported: Any) -> dict[str, Any]:
    """An import as the API answers."""
    progress = progress_of(imported)
    failure = {"code": imported.failure_code, "detail": imported.failure_detail}
    return {
        "import_id": imported.import_id,
        "kind": imported.kind,
        "format": imported.format,
        "status": imported.status,
        "bytes": imported.bytes,
        "reported_at": imported.reported_at,
        "progress": progress._asdict(),
        "errors": _rows(imported, "import-errors", progress.rejected),
        "stale": _rows(imported, "import-stale", progress.stale),
        "failure": failure if imported.failure_code else None,
        "created_at": imported.created_at,
        "started_at": imported.started_at,
        "finished_at": imported.finished_at,
    }


def _rows(imported: Any, address: str, count: int) -> dict[str, Any]:
    return {"count": count, "href": reverse(address, args=[imported.import_id])}


def _wants_json(accept: str) -> bool:
    return "json" in accept.lower() and _CSV not in accept.lower()
