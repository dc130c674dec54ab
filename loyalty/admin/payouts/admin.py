"""The list of payouts, and the ways from it to their pages, verdicts and credits."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from doors.admin.theme import column
from doors.amounts import points_shown, roubles_shown
from loyalty.admin.filters import of_subscriber
from loyalty.admin.gate.admin import DecidedAdmin
from loyalty.admin.gate.words import PAYOUT_KINDS, PAYOUT_STATUSES, colours_of, label_of
from loyalty.admin.links import statement_link
from loyalty.admin.payouts import credit, pages, wording
from loyalty.admin.payouts.filters import (
    FourEyesFilter,
    KindFilter,
    RequestMonthFilter,
    StatusFilter,
)
from loyalty.admin.payouts.steps import DECIDE, DESK, GRANT
from loyalty.models import Payout


@admin.register(Payout)
class PayoutAdmin(DecidedAdmin[Payout]):
    """Benefits that must pass the gate."""

    desk = DESK
    list_display = (
        "id",
        "of_subscriber",
        "kind_word",
        "status_word",
        "value",
        "points_promised",
        "instalments_paid",
        "why",
        "decided",
        "requested_at",
    )
    list_filter = (StatusFilter, KindFilter, RequestMonthFilter, FourEyesFilter)
    list_filter_submit = True
    list_before_template = "loyalty/admin/payouts/list_head.html"
    empty_sentence = _("A benefit appears here once it has to pass the gate, or exceeds a limit.")
    list_select_related = ("subscriber",)
    ordering = ("-requested_at",)
    search_fields = ("id",)
    search_help_text = _("Payout, subscriber or referral id")

    @column(description=_("Status"), label=colours_of(PAYOUT_STATUSES))
    def status_word(self, payout: Payout) -> tuple[str, Any]:
        """Return the status, coloured."""
        return label_of(PAYOUT_STATUSES, payout.status)

    @column(description=_("Kind"))
    def kind_word(self, payout: Payout) -> Any:
        """Return the kind in words."""
        return PAYOUT_KINDS[payout.kind]

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

    @column(description=_("Paid"))
    def instalments_paid(self, payout: Payout) -> str:
        """Return how many instalments are paid."""
        return wording.paid_of(list(payout.instalments.all()), payout.parts)

    @column(description=_("Why"))
    def why(self, payout: Payout) -> SafeString | str:
        """Return why it waits, or went no further."""
        said = wording.why(payout)
        return format_html_join("", '<span class="why why-short">{}</span>', zip(said)) or "–"

    @column(description=_("Decided by"))
    def decided(self, payout: Payout) -> str:
        """Return who has decided."""
        return wording.decided_by(payout)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payout]:
        """Return payouts, with what their pages and lists say of them."""
        found = super().get_queryset(request).select_related("subscriber", "depends_on")
        return found.prefetch_related("instalments")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payout], search_term: str
    ) -> tuple[QuerySet[Payout], bool]:
        """Return the one with this id, and those of the subscriber or referral with this id."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(Q(pk=UUID(term)) | _for_cause(term)), False
        except ValueError:
            return queryset.filter(of_subscriber(term) | _for_cause(term)), False

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and that of a credit."""
        view = self.admin_site.admin_view(self.credit_view)
        return [path("credit/", view, name="loyalty_payout_credit"), *super().get_urls()]

    def credit_view(self, request: HttpRequest) -> HttpResponse:
        """Give a credit."""
        return credit.give(self, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the ways to what waits and to a credit."""
        more = {
            **(extra_context or {}),
            "may_grant": request.user.has_perm(GRANT),
            "may_decide": request.user.has_perm(DECIDE),
        }
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one payout."""
        return pages.payout(self, request, object_id)


def _for_cause(term: str) -> Q:
    return Q(cause_type="referral", cause_id=term)
