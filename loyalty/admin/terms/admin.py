"""Versions of the program's terms: their list, their pages, and the steps from draft to active."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from loyalty.admin.terms import pages, steps
from loyalty.models import TermsVersion
from loyalty.queries.terms import terms_calendar

STATUSES = {
    "draft": _("draft"),
    "proposed": _("proposed"),
    "active": pgettext_lazy("terms", "active"),
}
STATUS_COLOURS = {"draft": "info", "proposed": "warning", "active": "success"}


@admin.register(TermsVersion)
class TermsAdmin(ReadOnlyAdmin[TermsVersion]):
    """Terms are drafted by one person, activated by another, and then never change."""

    trail_kind = "terms"
    list_display = (
        "version",
        "status_word",
        "begins",
        "note",
        "proposed_by",
        "activated_by",
    )
    ordering = ("-number",)
    list_before_template = "loyalty/admin/terms/list_head.html"

    @column(description=_("Version"))
    def version(self, version: TermsVersion) -> str:
        """Return its number, and whether it is the one in force."""
        in_force = terms_calendar().at(datetime.now(UTC)).number
        if version.number == in_force:
            return str(_("%(number)s, in force now") % {"number": version.number})
        return str(version.number)

    @column(description=_("Status"), label=STATUS_COLOURS)
    def status_word(self, version: TermsVersion) -> tuple[str, Any]:
        """Return the status, coloured."""
        return version.status, STATUSES[version.status]

    @column(description=_("In force from"))
    def begins(self, version: TermsVersion) -> str:
        """Return when it begins, or that nobody has said so yet."""
        return pages.begins(version)

    def may_draft(self, request: HttpRequest) -> bool:
        """Whether this user may draft, propose and send back."""
        return request.user.has_perm("loyalty.change_termsversion")

    def may_activate(self, request: HttpRequest) -> bool:
        """Whether this user may put terms in force that somebody else proposed."""
        return request.user.has_perm("loyalty.activate_termsversion")

    def get_urls(self) -> list[URLPattern]:
        """Return the pages and the steps, in place of the usual form."""
        guarded = self.admin_site.admin_view

        def at(route: str, view: Any, name: str) -> URLPattern:
            def bound(request: HttpRequest, **given: Any) -> HttpResponse:
                response: HttpResponse = view(self, request, **given)
                return response

            return path(route, guarded(bound), name=f"loyalty_terms_{name}")

        return [
            at("compare/", pages.compare, "compare"),
            at("draft/", steps.draft, "draft"),
            at("<int:number>/edit/", steps.edit, "edit"),
            at("<int:number>/propose/", steps.propose, "propose"),
            at("<int:number>/return/", steps.send_back, "return"),
            at("<int:number>/activate/", steps.activate, "activate"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the versions, and the ways to compare them and to draft another."""
        more = {
            **(extra_context or {}),
            "may_draft": self.may_draft(request),
            "numbers": pages.numbers(),
        }
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one version in words."""
        return pages.version(self, request, object_id)
