"""Redemptions, read-only."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.amounts import points_shown, roubles_shown
from loyalty.admin.filters import MonthFilter, of_subscriber
from loyalty.admin.links import statement_link, terms_link
from loyalty.models import Redemption

REDEMPTION_COLOURS = {
    "in review": "warning",
    "reserved": "info",
    "settled": "success",
    "declined": "danger",
    "reversed": "danger",
}


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin[Redemption]):
    """Points on their way to a bill credit."""

    list_display = (
        "redemption_id",
        "of_subscriber",
        "status_word",
        "points_taken",
        "value",
        "reserved_at",
        "expires_at",
    )
    list_filter = (("status", ChoicesDropdownFilter), MonthFilter)
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
                    ("redemption_id", "status_word"),
                    ("of_subscriber", "reward"),
                    ("points_taken", "value"),
                    ("of_month", "of_terms"),
                )
            },
        ),
        (
            _("What happened"),
            {
                "fields": (
                    ("reserved_at", "expires_at"),
                    ("settled_at", "credit_reference"),
                    ("returned_at", "closing_reason"),
                    ("reservation", "settlement"),
                    "why",
                )
            },
        ),
    )
    readonly_fields = (
        "status_word",
        "of_subscriber",
        "points_taken",
        "value",
        "of_month",
        "of_terms",
        "why",
    )

    @column(description=_("Status"), label=REDEMPTION_COLOURS)
    def status_word(self, redemption: Redemption) -> str:
        """Return the status, coloured."""
        return redemption.get_status_display()

    @column(description=_("Subscriber"))
    def of_subscriber(self, redemption: Redemption) -> SafeString:
        """Return whose points these are."""
        return statement_link(redemption.subscriber)

    @column(description=_("Points"))
    def points_taken(self, redemption: Redemption) -> str:
        """Return how many points were held."""
        return points_shown(redemption.points)

    @column(description=_("Value"))
    def value(self, redemption: Redemption) -> str:
        """Return what they are worth as bill credit."""
        return roubles_shown(redemption.value_minor)

    @column(description=_("Month"))
    def of_month(self, redemption: Redemption) -> str:
        """Return the month whose limit it counts against."""
        return date_format(redemption.month, "F Y")

    @column(description=_("Terms"))
    def of_terms(self, redemption: Redemption) -> SafeString:
        """Return under which version it was made."""
        return terms_link(redemption.terms)

    @column(description=_("Reasons of the screening"))
    def why(self, redemption: Redemption) -> str:
        """Return why it was stopped, if it was."""
        return ", ".join(map(str, redemption.reasons)) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Redemption], search_term: str
    ) -> tuple[QuerySet[Redemption], bool]:
        """Return those whose id begins so, and those of the subscriber with this id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(redemption_id__startswith=term) | of_subscriber(term)), False
