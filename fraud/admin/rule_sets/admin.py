"""Versions of the rule set: their list, their pages, and the steps from draft to live."""

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import DropdownFilter

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.moments import moment_shown
from fraud.admin.rule_sets import approval, pages, report, steps
from fraud.admin.rule_sets.people import may_draft
from fraud.admin.rule_sets.wording import STATES
from fraud.models import RuleSetVersion
from fraud.queries.rule_sets import rule_set_course
from fraud.queries.trials import latest_trials
from loyalty.admin.gate.words import colours_of, label_of


class StateFilter(DropdownFilter):  # type: ignore[misc]
    """Versions in one state."""

    title = gettext_lazy("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return [(state, word.text) for state, word in STATES.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RuleSetVersion]
    ) -> QuerySet[RuleSetVersion]:
        """Return those in the state."""
        if self.value() not in STATES:
            return queryset
        course = rule_set_course(now=datetime.now(UTC))
        numbers = [
            number
            for number, version in course.versions.items()
            if course.state_of(version) == self.value()
        ]
        return queryset.filter(pk__in=numbers)


@admin.register(RuleSetVersion)
class RuleSetAdmin(ReadOnlyAdmin[RuleSetVersion]):
    """Rule sets are drafted by one person, approved by another, and then never change."""

    trail_kind = "rule_set"
    list_display = ("version", "state", "note", "changes", "tried", "proposed", "approved")
    list_filter = (StateFilter,)
    list_filter_submit = True
    list_before_template = "fraud/admin/rule_sets/list_head.html"
    ordering = ("-number",)
    empty_sentence = gettext_lazy("No rule set is in this state.")

    class Media:
        css = {"all": ["fraud/fraud.css"]}

    @column(description=gettext_lazy("Rule set"))
    def version(self, row: RuleSetVersion) -> int:
        """Return its number."""
        return row.number

    @column(description=gettext_lazy("Status"), label=colours_of(STATES))
    def state(self, row: RuleSetVersion) -> tuple[str, Any]:
        """Return its state, coloured."""
        return label_of(STATES, _listed(row).state)

    @column(description=gettext_lazy("Changes"))
    def changes(self, row: RuleSetVersion) -> str:
        """Return how much differs from what it replaced, or would replace."""
        compared = _listed(row)
        if compared.before is None:
            return _("the first one")
        counted = ngettext("%(n)s item", "%(n)s items", compared.changed) % {"n": compared.changed}
        return _("%(items)s against %(number)s") % {"items": counted, "number": compared.before}

    @column(description=gettext_lazy("Backtest"))
    def tried(self, row: RuleSetVersion) -> SafeString | str:
        """Return what the latest backtest of just this content found."""
        return _listed(row).tried or "–"

    @column(description=gettext_lazy("Proposed"))
    def proposed(self, row: RuleSetVersion) -> SafeString | str:
        """Return who proposed it, and when."""
        return _signed(row.proposed_by, row.proposed_at)

    @column(description=gettext_lazy("Approved"))
    def approved(self, row: RuleSetVersion) -> SafeString | str:
        """Return who put it live, and when; and when it starts if that is later."""
        said = _signed(row.approved_by, row.approved_at)
        if _listed(row).state != "scheduled" or row.starts_at is None:
            return said
        start = _("live from %(moment)s") % {"moment": moment_shown(row.starts_at)}
        return format_html('{}<span class="strong small block-line">{}</span>', said, start)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list, each version with what it changes: two statements for all."""
        listed = super().get_changelist_instance(request)
        course, trials = rule_set_course(now=datetime.now(UTC)), latest_trials()
        rows = list(listed.result_list)
        for row in rows:
            row.listed = pages.listed(course, row, trials)
        listed.result_list = rows
        return listed

    def get_urls(self) -> list[URLPattern]:
        """Return the pages and the steps, in place of the usual form."""
        guarded = self.admin_site.admin_view

        def at(route: str, view: Any, name: str) -> URLPattern:
            def bound(request: HttpRequest, **given: Any) -> HttpResponse:
                response: HttpResponse = view(self, request, **given)
                return response

            return path(route, guarded(bound), name=f"fraud_rules_{name}")

        return [
            at("compare/", pages.compare, "compare"),
            at("draft/", steps.draft, "draft"),
            at("<int:number>/edit/", steps.edit, "edit"),
            at("<int:number>/propose/", steps.propose, "propose"),
            at("<int:number>/return/", steps.send_back, "return"),
            at("<int:number>/approve/", approval.approve, "approve"),
            at("<int:number>/withdraw/", approval.withdraw, "withdraw"),
            at("<int:number>/roll-back/", approval.roll_back, "roll_back"),
            at("<int:number>/shadow/start/", steps.start_shadow, "shadow_start"),
            at("<int:number>/shadow/end/", steps.end_shadow, "shadow_end"),
            at("<int:number>/shadow/", report.shadow_report, "shadow"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the versions, what is live, and the ways to compare and to draft."""
        head = pages.list_head(rule_set_course(now=datetime.now(UTC)))
        more = {**(extra_context or {}), **head, "may_draft": may_draft(request)}
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


def _listed(row: RuleSetVersion) -> pages.Listed:
    return cast(pages.Listed, cast(Any, row).listed)


def _signed(who: str | None, when: datetime | None) -> SafeString | str:
    if who is None or when is None:
        return "–"
    if when <= pages.BEGINNING:
        return _("with the installation")
    moment = moment_shown(when)
    return format_html('{}<span class="soft small block-line">{}</span>', who, moment)
