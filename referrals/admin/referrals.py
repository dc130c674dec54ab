"""Referrals, read-only: billing reports them and the clock decides over them."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from doors.admin.frame import frame
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.amounts import roubles_shown
from doors.moments import day_shown
from loyalty.admin.filters import MonthFilter
from loyalty.admin.gate.words import (
    INSTALMENT_STATUSES,
    PAYOUT_KINDS,
    PAYOUT_STATUSES,
    colours_of,
    label_of,
    paid_of,
    sentences,
    word_of,
)
from loyalty.admin.links import statement_link
from referrals.admin.filters import ReasonFilter, StatusFilter, called
from referrals.admin.words import MET, REASONS_IN_SHORT, STATUSES, gates_of, reason_of
from referrals.models import Referral
from referrals.policy.joining import UnknownReferral
from referrals.queries.progress import Bonus, Progress, progress_of, referral_called


class ReferralList(ChangeList):  # type: ignore[misc]
    """A page of referrals with how far they are, asked for all rows at once."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and how far its referrals are."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        for progress in progress_of(self.result_list, datetime.now(UTC)):
            vars(progress.referral)["progress"] = progress


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin[Referral]):
    """Who joined by whose invitation, and what became of it."""

    list_display = (
        "referral_id",
        "of_inviter",
        "of_invitee",
        "status_word",
        "gates",
        "joined_on",
        "window_ends",
        "outcome",
    )
    list_filter = (StatusFilter, ReasonFilter, MonthFilter)
    list_filter_submit = True
    empty_sentence = _("A referral appears here once somebody has joined by an invitation.")
    list_select_related = ("inviter", "invitee")
    ordering = ("-id",)
    search_fields = ("referral_id",)
    search_help_text = _("Referral, inviter or invitee id, or code")

    @column(description=_("Inviter"))
    def of_inviter(self, referral: Referral) -> SafeString:
        """Return who invited."""
        return statement_link(referral.inviter)

    @column(description=_("Invitee"))
    def of_invitee(self, referral: Referral) -> SafeString:
        """Return who joined."""
        return statement_link(referral.invitee)

    @column(description=_("Status"), label=colours_of(STATUSES))
    def status_word(self, referral: Referral) -> tuple[str, Any]:
        """Return the status, coloured."""
        return label_of(STATUSES, referral.status)

    @column(description=_("Stayed, and paid per month"))
    def gates(self, referral: Referral) -> SafeString:
        """Return how far both gates are."""
        return format_html_join(
            "",
            '<span class="why moment {}">{}</span>',
            (
                ("plus" if gate.word is MET else "", gate.progress)
                for gate in gates_of(_progress(referral))
            ),
        )

    @column(description=_("Joined"))
    def joined_on(self, referral: Referral) -> SafeString:
        """Return when the invitation was accepted."""
        return _day(referral.joined_at)

    @column(description=_("Window ends"))
    def window_ends(self, referral: Referral) -> SafeString:
        """Return when the invitee will have stayed long enough."""
        return _day(_progress(referral).window_ends_at)

    @column(description=_("What came of it"))
    def outcome(self, referral: Referral) -> Any:
        """Return what it brought and how far that is, or why it went no further."""
        bonuses = _progress(referral).bonuses
        if bonuses:
            return format_html_join("", "{}", ((_bonus_line(each),) for each in bonuses))
        return REASONS_IN_SHORT.get(referral.reason, referral.reason) or "–"

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[Any]:
        """Return the list that asks how far its rows are."""
        return ReferralList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Referral], search_term: str
    ) -> tuple[QuerySet[Referral], bool]:
        """Return what an index finds under what was typed."""
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(called(term)) if term else queryset), False

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and that of a referral by the id that billing knows."""
        view = self.admin_site.admin_view(self.called_view)
        return [
            path("called/<path:referral_id>/", view, name="referrals_referral_called"),
            *super().get_urls(),
        ]

    def called_view(self, request: HttpRequest, referral_id: str) -> HttpResponse:
        """Lead to the referral with this id."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = referral_called(referral_id)
        except UnknownReferral:
            raise Http404 from None
        return HttpResponseRedirect(reverse("admin:referrals_referral_change", args=[found.pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one referral: its gates, its window, and what it brought."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        [progress] = progress_of([found], datetime.now(UTC))
        context = {
            **frame(self, request, found, _("Referral")),
            "referral": found,
            "status": word_of(STATUSES, found.status),
            "reason": reason_of(found.status, found.reason),
            "window_ends_at": progress.window_ends_at,
            "gates": gates_of(progress),
            "bonuses": [_bonus_shown(bonus) for bonus in progress.bonuses],
            "may_view_payouts": request.user.has_perm("loyalty.view_payout"),
        }
        return TemplateResponse(request, "referrals/admin/referral.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Referral]:
        """Return referrals with both parties."""
        return super().get_queryset(request).select_related("inviter", "invitee")


def _progress(referral: Referral) -> Progress:
    found: Progress = vars(referral)["progress"]
    return found


def _day(at: datetime) -> SafeString:
    return format_html('<span class="moment">{}</span>', day_shown(at))


def _bonus_line(bonus: Bonus) -> SafeString:
    payout = bonus.payout
    return format_html(
        '<span class="why moment">{} <span class="soft">{}, {}</span></span>',
        roubles_shown(payout.value_minor),
        word_of(PAYOUT_STATUSES, payout.status).text,
        _("%(parts)s paid") % {"parts": paid_of(bonus.parts, payout.parts)},
    )


def _bonus_shown(bonus: Bonus) -> dict[str, Any]:
    payout = bonus.payout
    return {
        "payout": payout,
        "kind": PAYOUT_KINDS.get(payout.kind, payout.kind),
        "status": word_of(PAYOUT_STATUSES, payout.status),
        "why": sentences(payout.reasons),
        "parts": [(part, word_of(INSTALMENT_STATUSES, part.status)) for part in bonus.parts],
    }
