"""Subscribers with what loyalty knows of them: tier, points, and their statement."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.admin import SubscriberAdmin
from accounts.models import Subscriber
from doors.admin.theme import column
from doors.amounts import points_shown
from loyalty.admin import statement
from loyalty.models import Wallet
from loyalty.policy.terms import TIERS

TIER_COLOURS = {"Bronze": "default", "Silver": "info", "Gold": "warning"}

admin.site.unregister(Subscriber)


class TierFilter(DropdownFilter):  # type: ignore[misc]
    """Subscribers of one tier, or without a wallet yet."""

    title = _("tier")
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the tiers."""
        return [*((tier, _(tier.capitalize())) for tier in TIERS), ("none", _("no wallet yet"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Subscriber]
    ) -> QuerySet[Subscriber]:
        """Return those in the tier."""
        chosen = self.value()
        if chosen == "none":
            return queryset.filter(wallet__isnull=True)
        return queryset.filter(wallet__tier=chosen) if chosen else queryset


@admin.register(Subscriber)
class MemberAdmin(SubscriberAdmin):
    """Subscribers as members of the program."""

    list_display = (
        "external_id",
        "status_word",
        "plan",
        "region",
        "tier",
        "available",
        "verified",
        "activated_on",
    )
    list_filter = (*SubscriberAdmin.list_filter[:-1], TierFilter, SubscriberAdmin.list_filter[-1])
    list_select_related = ("wallet",)
    change_form_outer_before_template = "loyalty/admin/subscriber_tabs.html"

    @column(description=_("Tier"), label=TIER_COLOURS)
    def tier(self, subscriber: Subscriber) -> tuple[str, Any] | None:
        """Return the tier in force; none before the first charge."""
        wallet = _wallet_of(subscriber)
        return (wallet.tier.capitalize(), _(wallet.tier.capitalize())) if wallet else None

    @column(description=_("Available"))
    def available(self, subscriber: Subscriber) -> str:
        """Return the wallet's available points."""
        wallet = _wallet_of(subscriber)
        return points_shown(wallet.available) if wallet else "–"

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of the statement."""
        guarded = self.admin_site.admin_view
        base = "<int:subscriber_pk>/statement/"
        return [
            path(base, guarded(self.statement_view), name="loyalty_statement"),
            path(f"{base}csv/", guarded(self.csv_view), name="loyalty_statement_csv"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the subscriber, with the way to their statement."""
        more = {
            **(extra_context or {}),
            "tabs": statement.TABS,
            "shown": "facts",
            "may_read_statement": statement.may_read(request),
        }
        return super().change_view(request, object_id, form_url, more)

    def statement_view(self, request: HttpRequest, subscriber_pk: int) -> HttpResponseBase:
        """Show the statement."""
        return statement.page(self, request, subscriber_pk)

    def csv_view(self, request: HttpRequest, subscriber_pk: int) -> HttpResponseBase:
        """Send a part of the statement as a file."""
        return statement.download(self, request, subscriber_pk)


def _wallet_of(subscriber: Subscriber) -> Wallet | None:
    found: Wallet | None = getattr(subscriber, "wallet", None)
    return found
