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

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.amounts import points_shown, roubles_shown
from loyalty.admin.filters import of_subscriber
from loyalty.admin.gate import desk
from loyalty.admin.gate.words import PAYOUT_KINDS, PAYOUT_STATUSES, colours_of, label_of
from loyalty.admin.links import statement_link
from loyalty.admin.payouts import credit, pages, wording
from loyalty.admin.payouts.filters import (
    FourEyesFilter,
    KindFilter,
    RequestMonthFilter,
    StatusFilter,
)
from loyalty.admin.payouts.steps import DESK, GRANT
from loyalty.models import Payout


def _bulk(name: str) -> Any:
    """An action of the list: the page that asks for the reason of a step."""
    step = DESK.steps[name]

    @admin.action(description=step.title, permissions=[name])
    def ask(
        model_admin: "PayoutAdmin", request: HttpRequest, queryset: QuerySet[Payout]
    ) -> HttpResponse:
        return desk.bulk_view(model_admin, request, DESK, name, queryset)

    ask.__name__ = f"ask_to_{name}"
    return ask


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin[Payout]):
    """Benefits that must pass the gate."""

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
    actions = [_bulk(name) for name in DESK.steps]

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
        """Return the usual addresses, those of the steps, and that of a credit."""
        guarded = self.admin_site.admin_view
        return [
            path("credit/", guarded(self.credit_view), name="loyalty_payout_credit"),
            path("step/<slug:name>/", guarded(self.step_view), name="loyalty_payout_step"),
            *super().get_urls(),
        ]

    def credit_view(self, request: HttpRequest) -> HttpResponse:
        """Give a credit."""
        return credit.give(self, request)

    def step_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Take a step with one payout or several."""
        return desk.step_view(self, request, DESK, name)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the ways to what waits and to a credit."""
        more = {
            **(extra_context or {}),
            "may_grant": request.user.has_perm(GRANT),
            "asked_for": request.GET.urlencode(),
            "may_decide": self.has_clear_permission(request),
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

    def has_clear_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may clear payouts."""
        return request.user.has_perm(DESK.steps["clear"].permission)

    def has_refuse_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may refuse payouts."""
        return request.user.has_perm(DESK.steps["refuse"].permission)

    def has_freeze_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may freeze payouts."""
        return request.user.has_perm(DESK.steps["freeze"].permission)

    def has_unfreeze_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may unfreeze payouts."""
        return request.user.has_perm(DESK.steps["unfreeze"].permission)

    def has_claw_back_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may claw payouts back."""
        return request.user.has_perm(DESK.steps["claw_back"].permission)


def _for_cause(term: str) -> Q:
    return Q(cause_type="referral", cause_id=term)
