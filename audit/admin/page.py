"""The trail as a page, newest first, and as a file."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.admin.forms import AskedForm, place_of, place_text
from audit.admin.words import (
    KINDS,
    action_shown,
    difference_shown,
    label_shown,
    reason_shown,
    value_shown,
    where_shown,
    who_shown,
)
from audit.policy.differences import Difference, differences
from audit.queries.trail import PAGE, Asked, Deed, deeds, every_deed
from doors.admin.exports import csv_file, exported
from kernel.spreadsheets import csv_lines

READ = "audit.view_trail"
FILE = "audit-trail.csv"
# More of a deed's values are shown on demand.
VALUES_SHOWN = 6
COLUMNS = (
    "at", "who", "action", "kind", "object", "name", "change", "reason", "page", "request",
    "program", "role",
)  # fmt: skip


def trail_page(request: HttpRequest) -> TemplateResponse:
    """One page of what was asked for.

    Raises:
        PermissionDenied: this user may not read the trail.
    """
    form = _form(request)
    asked = form.asked() if form.is_valid() else None
    place = place_of(request.GET.get("after", ""))
    found = deeds(asked, after=place, limit=PAGE + 1) if asked is not None else []
    shown = found[:PAGE]
    said = {name: value for name, value in request.GET.items() if value and name != "after"}
    last = place_text(shown[-1].place) if len(found) > PAGE else ""
    return TemplateResponse(
        request,
        "audit/admin/trail.html",
        {
            **admin.site.each_context(request),
            "title": _("Audit trail"),
            "form": form,
            "rows": [_row(request, deed) for deed in shown],
            "is_narrowed": bool(said),
            "is_later_page": place is not None,
            "newest": f"?{urlencode(said)}",
            "older": f"?{urlencode({**said, 'after': last})}" if last else "",
            "export": f"{reverse('audit-trail-export')}?{urlencode(said)}",
            "history_of": _history_of(asked, shown),
        },
    )


def trail_export(request: HttpRequest) -> StreamingHttpResponse | TemplateResponse:
    """All of what was asked for as CSV, sent as it is read.

    Raises:
        PermissionDenied: this user may not read the trail.
    """
    form = _form(request)
    if not form.is_valid():
        return trail_page(request)
    asked, zone = form.asked(), timezone.get_current_timezone()

    def lines() -> Iterator[str]:
        with timezone.override(zone):
            yield from csv_lines(COLUMNS, map(_cells, every_deed(asked)))

    # Which words were looked for is left out: they may be a subscriber's.
    said = {name: str(request.GET[name]) for name in form.fields if request.GET.get(name)}
    exported(
        request, kind="trail", file=FILE, asked=said | ({"words": "…"} if "words" in said else {})
    )
    return csv_file(lines(), FILE)


def _form(request: HttpRequest) -> AskedForm:
    if not request.user.has_perm(READ):
        raise PermissionDenied
    return AskedForm(request.GET)


def _row(request: HttpRequest, deed: Deed) -> dict[str, Any]:
    values = [difference_shown(deed, each) for each in differences(deed.before, deed.after)]
    return {
        "at": deed.at,
        "who": who_shown(deed),
        "is_person": bool(deed.by),
        "where": where_shown(deed),
        "action": action_shown(deed),
        "kind": KINDS[deed.kind].title if deed.kind in KINDS else deed.kind,
        "label": label_shown(deed),
        "address": _address(request, deed),
        "values": values[:VALUES_SHOWN],
        "more": values[VALUES_SHOWN:],
        "reason": reason_shown(deed),
        "request": deed.request,
    }


def _address(request: HttpRequest, deed: Deed) -> str:
    kind = KINDS.get(deed.kind)
    if kind is None or not deed.key or not request.user.has_perm(kind.permission):
        return ""
    return reverse(f"admin:{kind.page}_change", args=[deed.key])


def _history_of(asked: Asked | None, shown: list[Deed]) -> str:
    if asked is None or asked.object is None or asked.kind is None:
        return ""
    label = label_shown(shown[0]) if shown else asked.object
    return f"{KINDS[asked.kind].title} {label}"


def _cells(deed: Deed) -> list[str]:
    return [
        timezone.localtime(deed.at).isoformat(),
        deed.by,
        deed.action,
        deed.kind,
        deed.object,
        deed.label,
        "\n".join(_change(each) for each in differences(deed.before, deed.after)),
        deed.reason,
        deed.page,
        deed.request,
        deed.program,
        deed.role,
    ]


def _change(difference: Difference) -> str:
    """A difference for machines: columns and values by the names that the tables have for them."""
    path, before, after = difference
    return f"{path}: {value_shown(before)} → {value_shown(after)}"
