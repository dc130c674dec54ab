"""Payouts, read-only: the gate and its verdicts decide over them."""

from uuid import UUID

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
from loyalty.models import Payout

PAYOUT_COLOURS = {
    "in review": "warning",
    "cleared": "info",
    "paid": "success",
    "refused": "danger",
}


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin[Payout]):
    """Benefits that must pass the gate."""

    list_display = (
        "id",
        "of_subscriber",
        "kind",
        "status_word",
        "points_promised",
        "value",
        "of_month",
        "requested_at",
    )
    list_filter = (("status", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter), MonthFilter)
    list_filter_submit = True
    empty_sentence = _("A benefit appears here once it has to pass the gate, or exceeds a limit.")
    list_select_related = ("subscriber",)
    ordering = ("-requested_at",)
    search_fields = ("id",)
    search_help_text = _("Payout id, or subscriber id")
    compressed_fields = True
    fieldsets = (
        (
            _("Payout"),
            {
                "fields": (
                    ("id", "status_word"),
                    ("of_subscriber", "kind"),
                    ("points_promised", "value"),
                    ("of_month", "of_terms"),
                    "requested_at",
                )
            },
        ),
    )
    readonly_fields = (
        "status_word",
        "of_subscriber",
        "points_promised",
        "value",
        "of_month",
        "of_terms",
    )

    @column(description=_("Status"), label=PAYOUT_COLOURS)
    def status_word(self, payout: Payout) -> str:
        """Return the status, coloured."""
        return payout.get_status_display()

    @column(description=_("Subscriber"))
    def of_subscriber(self, payout: Payout) -> SafeString:
        """Return whose benefit this is."""
        return statement_link(payout.subscriber)

    @column(description=_("Points"))
    def points_promised(self, payout: Payout) -> str:
        """Return how many points it would pay."""
        return points_shown(payout.points)

    @column(description=_("Value"))
    def value(self, payout: Payout) -> str:
        """Return what they are worth as bill credit."""
        return roubles_shown(payout.value_minor)

    @column(description=_("Month"))
    def of_month(self, payout: Payout) -> str:
        """Return the month whose limit it exceeds."""
        return date_format(payout.month, "F Y") if payout.month else "–"

    @column(description=_("Terms"))
    def of_terms(self, payout: Payout) -> SafeString:
        """Return under which version it was requested."""
        return terms_link(payout.terms)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payout], search_term: str
    ) -> tuple[QuerySet[Payout], bool]:
        """Return the one with this id, and those of the subscriber with this id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            return queryset.filter(Q(of_subscriber(term))), False
