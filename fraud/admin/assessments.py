"""Assessments: what screenings found, read and replayed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from doors.admin.frame import frame
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.amounts import roubles_shown
from fraud.admin.cases.evidence import evidence_of, replayed
from fraud.admin.pages import rule_set_link
from fraud.admin.words import (
    BANDS,
    SUBJECTS,
    decimals_shown,
    score_shown,
    signal_title,
    value_shown,
)
from fraud.models import Assessment
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.queries.rule_sets import rule_set_numbered
from loyalty.admin.filters import of_subscriber
from loyalty.admin.gate.words import Word, colours_of, label_of
from loyalty.admin.links import statement_link

OUTCOMES = {
    "clear": Word(gettext_lazy("cleared"), "success"),
    "wait": Word(gettext_lazy("waits"), "info"),
    "review": Word(gettext_lazy("to review"), "warning"),
    "refuse": Word(gettext_lazy("refused"), "danger"),
}


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin[Assessment]):
    """Screenings, kept whole."""

    list_display = (
        "assessed_at",
        "about",
        "of_subscriber",
        "value",
        "score",
        "band_word",
        "outcome_word",
        "rules_used",
    )
    list_filter = (
        ("subject_type", ChoicesDropdownFilter),
        ("band", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("subscriber",)
    ordering = ("-assessed_at",)
    search_fields = ("subject_id",)
    search_help_text = gettext_lazy("Subscriber, payout or redemption id")
    empty_sentence = gettext_lazy("Every screening of a benefit, a join or a registration is kept.")

    @column(description=gettext_lazy("About"))
    def about(self, found: Assessment) -> Any:
        """Return what was screened."""
        return SUBJECTS.get(found.kind) or found.subject_type

    @column(description=gettext_lazy("Subscriber"))
    def of_subscriber(self, found: Assessment) -> SafeString:
        """Return whose it is."""
        return statement_link(found.subscriber)

    @column(description=gettext_lazy("Value"))
    def value(self, found: Assessment) -> str:
        """Return what it was worth."""
        return roubles_shown(found.value_minor)

    @column(description=gettext_lazy("Score"))
    def score(self, found: Assessment) -> str:
        """Return the score."""
        return score_shown(found.score_millionths)

    @column(description=gettext_lazy("Band"), label=colours_of(BANDS))
    def band_word(self, found: Assessment) -> tuple[str, Any]:
        """Return the band, coloured."""
        return label_of(BANDS, found.band)

    @column(description=gettext_lazy("Outcome"), label=colours_of(OUTCOMES))
    def outcome_word(self, found: Assessment) -> tuple[str, Any]:
        """Return what became of it, coloured."""
        return label_of(OUTCOMES, found.outcome)

    @column(description=gettext_lazy("Rule set"))
    def rules_used(self, found: Assessment) -> SafeString:
        """Return the rule set, and whether it was only looked at."""
        shadow = _("shadow") if found.is_shadow else ""
        return format_html("{} {}", rule_set_link(found.rule_set), shadow)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Assessment], search_term: str
    ) -> tuple[QuerySet[Assessment], bool]:
        """Return those of the subscriber or the subject with this very id."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        types = ("payout", "redemption", "join", "registration")
        subject = Q(subject_type__in=types, subject_id=term)
        return queryset.filter(of_subscriber(term) | subject), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one assessment: every input, contribution, hit and fault, and its replay."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        rules = rule_set_numbered(found.rule_set)
        context = {
            **frame(self, request, found, _("Assessment %(number)s") % {"number": found.pk}),
            "assessment": found,
            "band": BANDS[found.band],
            "outcome": OUTCOMES[found.outcome],
            "about": SUBJECTS.get(found.kind) or found.subject_type,
            "evidence": evidence_of(found, rules),
            "replayed": replayed(found, rules),
            "contributions": _contributions(found),
            "facts": _facts(found.facts),
        }
        return TemplateResponse(request, "fraud/admin/assessment.html", context)


def _contributions(found: Assessment) -> list[dict[str, str]]:
    return [
        {
            "title": signal_title(each["signal"]),
            "value": value_shown(
                each["value"], SIGNALS[each["signal"]].unit if each["signal"] in SIGNALS else ""
            ),
            "x": decimals_shown(each["x"], 3),
            "weight": decimals_shown(each["weight"], 2),
            "points": decimals_shown(each["weight"] * each["x"], 3),
        }
        for each in found.contributions
    ]


def _facts(content: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Inputs as names and values; parts of a whole stand under the whole's name."""
    rows: list[tuple[str, str]] = []
    for name, value in content.items():
        title = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, dict):
            rows += _facts(value, f"{title}: ")
        elif isinstance(value, list):
            shown = [
                " with ".join(map(str, each.values())) if isinstance(each, dict) else str(each)
                for each in value
            ]
            rows.append((title, "; ".join(shown) or _("none")))
        else:
            rows.append((title, _("not known") if value is None else str(value)))
    return rows
