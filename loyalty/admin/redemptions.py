"""Redemptions: read, and cleared or declined by persons where the screen sent them to review."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from doors.admin.owners import owner_shown
from doors.admin.theme import column
from doors.amounts import points_shown, roubles_shown
from doors.moments import moment_shown
from loyalty.admin.filters import MonthFilter, of_subscriber
from loyalty.admin.gate.admin import DecidedAdmin
from loyalty.admin.gate.desk import Choice, Desk, Foreseen, Outcome, Reasoned, Step
from loyalty.admin.gate.history import history_of
from loyalty.admin.gate.words import (
    REDEMPTION_STATUSES,
    colours_of,
    label_of,
    sentences,
    word_of,
)
from loyalty.admin.links import statement_link, terms_link
from loyalty.models import Redemption
from loyalty.operations.clear_redemptions import clear_redemptions
from loyalty.operations.return_points import decline_redemptions
from loyalty.policy.gate import REDEMPTION_STEPS

DECIDE = "loyalty.decide_redemption"

_Rows = Sequence[Redemption]


def _clear(rows: _Rows, said: Reasoned) -> list[Outcome]:
    outcomes = clear_redemptions(redemption_ids=_ids(rows), **said._asdict())
    n = sum(not outcome.replayed for outcome in outcomes)
    sentence = ngettext("%(n)s redemption goes on.", "%(n)s redemptions go on.", n)
    return [Outcome(sentence % {"n": n})]


def _decline(rows: _Rows, said: Reasoned) -> list[Outcome]:
    outcomes = decline_redemptions(redemption_ids=_ids(rows), **said._asdict())
    n = sum(not outcome.replayed for outcome in outcomes)
    sentence = ngettext(
        "%(n)s redemption is declined: its points are back.",
        "%(n)s redemptions are declined: their points are back.",
        n,
    )
    return [Outcome(sentence % {"n": n})]


def _ids(rows: _Rows) -> list[str]:
    return [redemption.redemption_id for redemption in rows]


_FORESEEN: dict[str, Any] = {
    "clear": _("Its reservation will hold from now on."),
    "decline": _("Its points will go back."),
}


def _choice(redemption: Redemption, step: str, by: str) -> Choice:
    status = word_of(REDEMPTION_STATUSES, redemption.status)
    applies = redemption.status in REDEMPTION_STEPS[step].sources
    words = (
        _FORESEEN[step]
        if applies
        else _("Not possible: it is %(status)s.") % {"status": status.text}
    )
    if applies and step == "clear" and redemption.subscriber.closed_at is not None:
        applies, words = False, _("Not possible: the subscriber is closed.")
    return Choice(
        redemption,
        redemption.redemption_id,
        roubles_shown(redemption.value_minor),
        status,
        sentences(redemption.reasons),
        Foreseen(applies, words),
    )


DESK = Desk(
    "loyalty_redemption",
    {
        step.name: step
        for step in (
            Step(
                "clear",
                _("Clear"),
                _("Clear redemptions"),
                _("What is cleared is reserved from now on, and billing can settle it."),
                DECIDE,
                _clear,
            ),
            Step(
                "decline",
                _("Decline"),
                _("Decline redemptions"),
                _("The points go back to the lots that they came from. This cannot be undone."),
                DECIDE,
                _decline,
                is_grave=True,
            ),
        )
    },
    _choice,
    # Kept with the redemption itself, too.
    reason_max=200,
)


@admin.register(Redemption)
class RedemptionAdmin(DecidedAdmin[Redemption]):
    """Points on their way to a bill credit."""

    desk = DESK
    list_display = (
        "redemption_id",
        "of_subscriber",
        "status_word",
        "points_taken",
        "value",
        "why",
        "reserved_at",
        "holds_until",
    )
    list_filter = (("status", ChoicesDropdownFilter), MonthFilter)
    list_before_template = "loyalty/admin/redemptions/list_head.html"
    change_form_outer_before_template = "loyalty/admin/redemptions/steps.html"
    change_form_outer_after_template = "loyalty/admin/redemptions/history.html"
    list_filter_submit = True
    empty_sentence = _("A redemption appears here once a subscriber has asked for bill credit.")
    list_select_related = ("subscriber",)
    ordering = ("-id",)
    search_fields = ("redemption_id",)
    search_help_text = _("Redemption id, or subscriber id")
    compressed_fields = True
    fieldsets = (
        (
            _("Redemption"),
            {
                "fields": (
                    ("redemption_id", "status_in_words"),
                    ("of_subscriber", "reward"),
                    ("points_taken", "value"),
                    ("of_month", "of_terms"),
                    "owner_in_words",
                )
            },
        ),
        (
            _("What happened"),
            {
                "fields": (
                    ("reserved_at", "holds_until"),
                    ("settled_at", "credit_reference"),
                    ("returned_at", "why"),
                    ("reservation", "settlement"),
                )
            },
        ),
    )
    readonly_fields = (
        "owner_in_words",
        "status_in_words",
        "of_subscriber",
        "points_taken",
        "value",
        "of_month",
        "of_terms",
        "holds_until",
        "why",
    )

    @column(description=_("Status"), label=colours_of(REDEMPTION_STATUSES))
    def status_word(self, redemption: Redemption) -> tuple[str, Any]:
        """Return the status, coloured."""
        return label_of(REDEMPTION_STATUSES, redemption.status)

    @column(description=_("Status"))
    def status_in_words(self, redemption: Redemption) -> Any:
        """Return the status as its page shows it."""
        return word_of(REDEMPTION_STATUSES, redemption.status).text

    @column(description=_("Subscriber"))
    def of_subscriber(self, redemption: Redemption) -> SafeString:
        """Return whose points these are."""
        return statement_link(redemption.subscriber)

    @column(description=_("Owner"))
    def owner_in_words(self, redemption: Redemption) -> str:
        """Return whose it is."""
        return owner_shown(redemption.owner)

    @column(description=_("Points"))
    def points_taken(self, redemption: Redemption) -> str:
        """Return how many points were held."""
        return points_shown(redemption.points)

    @column(description=pgettext_lazy("money", "Value"))
    def value(self, redemption: Redemption) -> str:
        """Return what they are worth as bill credit."""
        return roubles_shown(redemption.value_minor)

    @column(description=_("Month"))
    def of_month(self, redemption: Redemption) -> str:
        """Return the month whose limit it counts against."""
        return date_format(redemption.month, "YEAR_MONTH_FORMAT")

    @column(description=_("Terms"))
    def of_terms(self, redemption: Redemption) -> SafeString:
        """Return under which version it was made."""
        return terms_link(redemption.terms)

    @column(description=_("Holds until"))
    def holds_until(self, redemption: Redemption) -> str:
        """Return when the reservation lapses; one in review does not."""
        if redemption.status not in ("reserved", "lapsed"):
            return "–"
        return moment_shown(redemption.expires_at)

    @column(description=_("Why"))
    def why(self, redemption: Redemption) -> SafeString | str:
        """Return why it was stopped or ended, if it was."""
        said = [*sentences(redemption.reasons), _closing_reason(redemption)]
        said = [sentence for sentence in said if sentence]
        return format_html_join("", '<span class="why why-short">{}</span>', zip(said)) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Redemption], search_term: str
    ) -> tuple[QuerySet[Redemption], bool]:
        """Return those whose id begins so, and those of the subscriber with this id."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(redemption_id__startswith=term) | of_subscriber(term)), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redemption]:
        """Return redemptions with whose they are."""
        return super().get_queryset(request).select_related("subscriber")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one redemption, its steps, and those that this user may take."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        redemption = self.get_object(request, object_id)
        if redemption is None:
            raise Http404
        more = {
            **(extra_context or {}),
            "history": history_of("redemption", redemption.redemption_id, REDEMPTION_STATUSES),
            "steps": DESK.ways(request, redemption),
        }
        return super().change_view(request, object_id, form_url, more)


def _closing_reason(redemption: Redemption) -> str:
    """Why it ended: one of our sentences, or what somebody wrote, which stays as it is."""
    return gettext(redemption.closing_reason) if redemption.closing_reason else ""
