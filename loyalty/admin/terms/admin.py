"""Versions of the program's terms: their list, their pages, and the steps from draft to active."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from loyalty.admin.gate.words import colours_of, label_of
from loyalty.admin.terms import later, pages, steps
from loyalty.admin.terms.states import STATES, WITHDRAWN, state_of
from loyalty.models import TermsVersion
from loyalty.queries.terms import terms_calendar


class StateFilter(DropdownFilter):  # type: ignore[misc]
    """Versions in one state."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return [(state, word.text) for state, word in STATES.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TermsVersion]
    ) -> QuerySet[TermsVersion]:
        """Return those in the state."""
        if self.value() not in STATES:
            return queryset
        now = datetime.now(UTC)
        in_force = terms_calendar().at(now).number
        numbers = [
            version.number
            for version in TermsVersion.objects.defer("content")
            if state_of(version, in_force=in_force, now=now) == self.value()
        ]
        return queryset.filter(pk__in=numbers)


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
    list_filter = (StateFilter,)
    list_filter_submit = True
    ordering = ("-number",)
    empty_sentence = _("No version is in this state.")
    list_before_template = "loyalty/admin/terms/list_head.html"

    @column(description=_("Version"))
    def version(self, version: TermsVersion) -> str:
        """Return its number."""
        return str(version.number)

    @column(description=_("Status"), label=colours_of(STATES))
    def status_word(self, version: TermsVersion) -> tuple[str, Any]:
        """Return whether it is in force, scheduled or not that far, coloured."""
        now = datetime.now(UTC)
        in_force = terms_calendar().at(now).number
        return label_of(STATES, state_of(version, in_force=in_force, now=now))

    @column(description=_("In force from"))
    def begins(self, version: TermsVersion) -> str:
        """Return when it begins; a withdrawn one never does."""
        return "–" if version.status == WITHDRAWN else pages.begins(version)

    def may_draft(self, request: HttpRequest) -> bool:
        """Whether this user may draft, propose and send back."""
        return request.user.has_perm("loyalty.change_termsversion")

    def may_activate(self, request: HttpRequest) -> bool:
        """Whether this user may put terms in force that somebody else proposed."""
        return request.user.has_perm("loyalty.activate_termsversion")

    def may_withdraw(self, request: HttpRequest, version: TermsVersion) -> bool:
        """Whether this user may call off what was activated: as an activator or its proposer."""
        is_own = version.proposed_by == request.user.get_username()
        return self.may_activate(request) or (self.may_draft(request) and is_own)

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
            at("<int:number>/withdraw/", later.withdraw, "withdraw"),
            at("<int:number>/roll-back/", later.roll_back, "roll_back"),
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
            "scheduled": pages.scheduled(datetime.now(UTC)),
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
