"""Trials: their list, their pages, and the steps that start them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from fraud.admin.trials import pages, steps
from fraud.admin.trials.wording import KINDS, STATUSES, progress_of, window_of
from fraud.models import Trial
from loyalty.admin.gate.words import colours_of, label_of

START, DRAFT = "fraud.add_trial", "fraud.change_rulesetversion"


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin[Trial]):
    """What rule sets would have done, and what was learnt from verdicts."""

    list_display = (
        "what",
        "rules_tried",
        "window",
        "status_word",
        "progress_bar",
        "requested_at",
        "requested_by",
    )
    list_filter = (("kind", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    list_filter_submit = True
    ordering = ("-id",)
    list_before_template = "fraud/admin/trials/list_head.html"
    empty_sentence = _(
        "A backtest says what a rule set would have done; a calibration, from which score on to"
        " review. Start one above."
    )

    @column(description=_("Trial"))
    def what(self, trial: Trial) -> str:
        """Return what it is, with its number."""
        return f"{KINDS[trial.kind]} {trial.pk}"

    @column(description=_("Rule set"))
    def rules_tried(self, trial: Trial) -> int:
        """Return which rule set was tried."""
        return trial.rule_set_id

    @column(description=_("Over"))
    def window(self, trial: Trial) -> str:
        """Return the days whose benefits it was tried on."""
        return window_of(trial)

    @column(description=_("Status"), label=colours_of(STATUSES))
    def status_word(self, trial: Trial) -> tuple[str, Any]:
        """Return the status, coloured."""
        return label_of(STATUSES, trial.status)

    @column(description=_("Progress"))
    def progress_bar(self, trial: Trial) -> SafeString | str:
        """Return how far it is, as a bar."""
        if trial.status != "running":
            return "–"
        percent = progress_of(trial)
        bar = '<progress max="100" value="{}" aria-label="{} %"></progress> {}&nbsp;%'
        return format_html(bar, percent, percent, percent)

    def may_start(self, request: HttpRequest) -> bool:
        """Whether this user may start backtests and calibrations."""
        return request.user.has_perm(START)

    def may_draft(self, request: HttpRequest) -> bool:
        """Whether this user may make drafts of rule sets, as learning does."""
        return request.user.has_perm(DRAFT)

    def get_urls(self) -> list[URLPattern]:
        """Return the pages and the steps, beside the usual ones."""
        guarded = self.admin_site.admin_view

        def at(route: str, view: Any, name: str) -> URLPattern:
            def bound(request: HttpRequest, **given: Any) -> HttpResponse:
                response: HttpResponse = view(self, request, **given)
                return response

            return path(route, guarded(bound), name=f"fraud_trial_{name}")

        return [
            at("backtest/", steps.backtest, "backtest"),
            at("calibration/", steps.calibration, "calibration"),
            at("learning/", steps.learning, "learning"),
            at("<int:number>/progress/", pages.progress, "progress"),
            at("<int:number>/draft/", steps.draft, "draft"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the trials, and the ways to start another one."""
        may_start = self.may_start(request)
        more = {
            **(extra_context or {}),
            "may_start": may_start,
            "may_learn": may_start and self.may_draft(request),
        }
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one trial: how far it is, or what it found."""
        return pages.trial(self, request, object_id)
