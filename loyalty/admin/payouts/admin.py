"""The list of payouts, and the ways from it to their pages, verdicts and credits."""

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from doors.admin.theme import column
from doors.amounts import roubles_shown
from doors.moments import day_shown
from loyalty.admin.filters import of_subscriber
from loyalty.admin.gate.admin import DecidedAdmin
from loyalty.admin.gate.words import PAYOUT_KINDS, PAYOUT_STATUSES, colours_of, label_of, paid_of
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
from loyalty.queries.payouts import with_reasons_said

_DIGITS = re.compile(rf"[0-9a-f]{{{wording.SHORT},32}}")


@admin.register(Payout)
class PayoutAdmin(DecidedAdmin[Payout]):
    """Benefits that must pass the gate."""

    desk = DESK
    list_display = (
        "id_in_short",
        "of_subscriber",
        "kind_word",
        "status_word",
        "value",
        "instalments_paid",
        "why",
        "decided",
        "requested_on",
    )
    list_filter = (StatusFilter, KindFilter, RequestMonthFilter, FourEyesFilter)
    list_filter_submit = True
    list_before_template = "loyalty/admin/payouts/list_head.html"
    empty_sentence = _("A benefit appears here once it has to pass the gate, or exceeds a limit.")
    list_select_related = ("subscriber",)
    ordering = ("-requested_at",)
    search_fields = ("id",)
    search_help_text = _("Payout, subscriber or referral id")

    @column(description=_("Id"))
    def id_in_short(self, payout: Payout) -> SafeString:
        """Return how the id begins, by which it is found, too."""
        return format_html('<code title="{}">{}</code>', payout.pk, wording.in_short(payout))

    @column(description=_("Requested"))
    def requested_on(self, payout: Payout) -> SafeString:
        """Return the day of the request."""
        return _in_one_line(day_shown(payout.requested_at))

    @column(description=_("Status"), label=colours_of(PAYOUT_STATUSES))
    def status_word(self, payout: Payout) -> tuple[str, Any]:
        """Return the status, coloured."""
        return label_of(PAYOUT_STATUSES, payout.status)

    @column(description=_("Kind"))
    def kind_word(self, payout: Payout) -> SafeString:
        """Return the kind in words."""
        return _in_one_line(PAYOUT_KINDS[payout.kind])

    @column(description=_("Subscriber"))
    def of_subscriber(self, payout: Payout) -> SafeString:
        """Return whose benefit this is."""
        return statement_link(payout.subscriber)

    @column(description=pgettext_lazy("money", "Value"))
    def value(self, payout: Payout) -> str:
        """Return what they are worth as bill credit."""
        return roubles_shown(payout.value_minor)

    @column(description=_("Paid"))
    def instalments_paid(self, payout: Payout) -> SafeString:
        """Return how many instalments are paid."""
        return _in_one_line(paid_of(payout.instalments.all(), payout.parts))

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
        return with_reasons_said(found).prefetch_related("instalments")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payout], search_term: str
    ) -> tuple[QuerySet[Payout], bool]:
        """Return those whose id begins so, and those of the subscriber or referral so called."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        found = of_subscriber(term) | Q(cause_type="referral", cause_id=term)
        return queryset.filter(found | _beginning(term)), False

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


def _beginning(term: str) -> Q:
    """Payouts whose id begins so, between two ids that the index finds."""
    digits = term.lower().replace("-", "")
    if not _DIGITS.fullmatch(digits):
        return Q(pk__in=[])
    first, last = (UUID(digits.ljust(32, end)) for end in "0f")
    return Q(pk__gte=first, pk__lte=last)


def _in_one_line(text: Any) -> SafeString:
    return format_html('<span class="moment">{}</span>', text)
