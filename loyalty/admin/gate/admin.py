"""What the lists of payouts and of redemptions share: steps with many, and steps with one."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from doors.admin.readonly import ReadOnlyAdmin
from loyalty.admin.gate.desk import Desk, bulk_view, step_view

Row = TypeVar("Row", bound=Model)


class DecidedAdmin(ReadOnlyAdmin[Row]):
    """An admin of benefits that persons decide over."""

    desk: ClassVar[Desk]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the steps that this user may take: each first asks for its reason."""
        if IS_POPUP_VAR in request.GET:
            return {}
        return {
            step.name: (_asking_for(step.name), step.name, step.title)
            for step in self.desk.open_to(request)
        }

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of the steps."""
        view = self.admin_site.admin_view(self.step_view)
        return [
            path("step/<slug:name>/", view, name=f"{self.desk.page}_step"),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Take a step with one row or several."""
        return step_view(self, request, self.desk, name)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the ways to what waits."""
        more = {**(extra_context or {}), "asked_for": request.GET.urlencode()}
        return super().changelist_view(request, more)


def _asking_for(name: str) -> Callable[..., HttpResponse]:
    def ask(
        admin: DecidedAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse:
        return bulk_view(admin, request, admin.desk, name, queryset)

    return ask
