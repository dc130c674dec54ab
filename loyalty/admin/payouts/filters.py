"""Filters of the list of payouts."""

from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from kernel.moments import add_months, start_of_day
from loyalty.admin.filters import MonthFilter
from loyalty.admin.gate.words import PAYOUT_KINDS, PAYOUT_STATUSES
from loyalty.admin.payouts.wording import UNDECIDED
from loyalty.models import Payout
from loyalty.queries.terms import program_zone

Payouts = QuerySet[Payout]


class StatusFilter(DropdownFilter):  # type: ignore[misc]
    """Payouts of one status."""

    title = _("status")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the statuses."""
        return [(status, word.text) for status, word in PAYOUT_STATUSES.items()]

    def queryset(self, request: HttpRequest, queryset: Payouts) -> Payouts:
        """Return those of the status."""
        return queryset.filter(status=self.value()) if self.value() else queryset


class KindFilter(DropdownFilter):  # type: ignore[misc]
    """Payouts of one kind."""

    title = _("kind")
    parameter_name = "kind__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the kinds."""
        return list(PAYOUT_KINDS.items())

    def queryset(self, request: HttpRequest, queryset: Payouts) -> Payouts:
        """Return those of the kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class RequestMonthFilter(MonthFilter):
    """Payouts that were requested in one calendar month of the program's zone."""

    title = _("month of the request")

    def queryset(self, request: HttpRequest, queryset: Payouts) -> Payouts:
        """Return those of the month."""
        chosen = self.value()
        if not chosen:
            return queryset
        zone = program_zone()
        try:
            month = date.fromisoformat(chosen)
            begins = start_of_day(month, zone)
            ends = start_of_day(add_months(month, 1), zone)
        except (ValueError, OverflowError):
            return queryset.none()
        return queryset.filter(requested_at__gte=begins, requested_at__lt=ends)


class FourEyesFilter(DropdownFilter):  # type: ignore[misc]
    """Payouts that nobody decides over alone, by whose turn it is."""

    title = _("four eyes")
    parameter_name = "four_eyes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return whose turn it may be."""
        return [
            ("mine", _("needs my confirmation")),
            ("others", _("I proposed: needs somebody else")),
            ("first", _("needs a first verdict")),
            ("all", _("all above the limit")),
        ]

    def queryset(self, request: HttpRequest, queryset: Payouts) -> Payouts:
        """Return those whose turn it is."""
        chosen = self.value()
        condition = conditions(request.user.get_username()).get(chosen or "")
        return queryset if condition is None else queryset.filter(condition)


def conditions(by: str) -> dict[str, Q]:
    """Payouts above the four-eyes limit, by whose turn it is for a person."""
    above = Q(value_minor__gt=F("four_eyes_above_minor"))
    open_above = above & Q(status__in=UNDECIDED)
    proposed = open_above & ~Q(proposed_verdict="")
    # Whoever asked for it doesn't clear it, whoever has proposed that since.
    is_theirs = Q(maker=by) | Q(requested_by=by, proposed_verdict="clear")
    return {
        "mine": proposed & ~is_theirs,
        "others": proposed & is_theirs,
        "first": open_above & Q(proposed_verdict=""),
        "all": above,
    }
