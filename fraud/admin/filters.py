"""Filters of the queue."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from fraud.admin.people import analyst
from fraud.admin.words import BANDS, KINDS, QUEUES, STATUSES
from fraud.models import Case
from fraud.queries.queue import TO_DO, conditions

Cases = QuerySet[Case]


class TurnFilter(DropdownFilter):  # type: ignore[misc]
    """Cases by whose turn it is; those that are decided only if they are asked for."""

    title = _("whose turn")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the views of the queue."""
        return [
            ("open", _("open, whoever's turn it is")),
            ("mine", _("held by me")),
            ("confirm", _("waits for my confirmation")),
            ("escalated", _("escalated")),
            ("overdue", _("overdue")),
            ("snoozed", _("snoozed")),
            ("closed", _("decided")),
            ("all", _("all, the decided too")),
        ]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        """Return those of the view; what can be done now if none is asked for.

        A search looks in all views.
        """
        if is_search(request):
            return queryset
        chosen = self.value() or (TO_DO if not request.GET.get("status") else "all")
        said = conditions(by=analyst(request), now=datetime.now(UTC))
        condition = said.get(chosen)
        return queryset.filter(condition) if condition is not None else queryset


def is_search(request: HttpRequest) -> bool:
    """Whether something is searched for: then every view and queue is looked in."""
    return bool(request.GET.get(SEARCH_VAR, "").strip())


class _ColumnFilter(DropdownFilter):  # type: ignore[misc]
    """Cases with one value in a column."""

    words: Any = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, getattr(word, "text", word)) for value, word in self.words.items()]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        chosen = self.value()
        return queryset.filter(**{self.parameter_name: chosen}) if chosen else queryset


class QueueFilter(_ColumnFilter):
    """Cases of one queue."""

    title = _("queue")
    parameter_name = "queue"
    words = QUEUES

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        """Return those of the queue; of all queues for a search."""
        return queryset if is_search(request) else super().queryset(request, queryset)


class BandFilter(_ColumnFilter):
    """Cases of one band."""

    title = _("band")
    parameter_name = "band"
    words = BANDS


class StatusFilter(_ColumnFilter):
    """Cases of one status."""

    title = _("status")
    parameter_name = "status"
    words = STATUSES


class KindFilter(DropdownFilter):  # type: ignore[misc]
    """Rows about identifiers, by the kind of identifier as people call it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the kinds."""
        return list(KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of the kind."""
        chosen = self.value()
        return queryset.filter(identifier__kind=chosen) if chosen in KINDS else queryset
