"""Files that are taken out of the admin, each of which leaves a trace."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from doors.exports import keep_export
from doors.request_lines import request_id_of


def exported(
    request: HttpRequest,
    *,
    kind: str,
    key: Any = "",
    file: str,
    asked: Mapping[str, str] | None = None,
) -> None:
    """Keep who takes which file: `kind`, `key` and `asked` as `keep_export` has them."""
    keep_export(
        kind=kind,
        key=str(key),
        file=file,
        asked=asked or {},
        page=request.path,
        request=request_id_of(request),
        by=request.user.get_username(),
        now=datetime.now(UTC),
    )


def csv_file(lines: Iterable[Any], file: str) -> StreamingHttpResponse:
    """Return lines of CSV as a file that is sent while they are read."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )
