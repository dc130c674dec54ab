"""Filters of the queue."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from fraud.admin.words import BANDS, QUEUES, STATUSES
from fraud.models import Case
from fraud.queries.queue import conditions

Cases = QuerySet[Case]


class TurnFilter(DropdownFilter):  # type: ignore[misc]
    """Cases by whose turn it is; those that are decided only if they are asked for."""

    title = _("whose turn")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the views of the queue."""
        return [
            ("mine", _("held by me")),
            ("confirm", _("waits for my confirmation")),
            ("escalated", _("escalated")),
            ("overdue", _("overdue")),
            ("snoozed", _("snoozed")),
            ("closed", _("decided")),
            ("all", _("all, the decided too")),
        ]

    def queryset(self, request: HttpRequest, queryset: Cases) -> Cases:
        """Return those of the view; what is not decided if none is asked for."""
        chosen = self.value() or "open"
        said = conditions(by=request.user.get_username(), now=datetime.now(UTC))
        condition = said.get(chosen)
        return queryset.filter(condition) if condition is not None else queryset


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
