"""A payout's page: what it is, why it waits, its instalments, its entries and its history."""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from loyalty.admin.causes import cause_address
from loyalty.admin.gate.desk import frame
from loyalty.admin.gate.history import history_of
from loyalty.admin.gate.words import INSTALMENT_STATUSES, PAYOUT_KINDS, PAYOUT_STATUSES, word_of
from loyalty.admin.payouts import wording
from loyalty.admin.payouts.steps import DESK, foreseen
from loyalty.admin.statement import may_read
from loyalty.models import Payout
from loyalty.queries.payouts import entries_of, parts_of

if TYPE_CHECKING:
    from loyalty.admin.payouts.admin import PayoutAdmin


def payout(admin: "PayoutAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """One payout, with the steps that this user may take."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    found = admin.get_object(request, object_id)
    if found is None:
        return HttpResponseRedirect(reverse("admin:loyalty_payout_changelist"))
    by = request.user.get_username()
    parts = list(parts_of([found]))
    context = {
        **frame(admin, request, found, _("Payout")),
        "payout": found,
        "status": word_of(PAYOUT_STATUSES, found.status),
        "kind": PAYOUT_KINDS.get(found.kind, found.kind),
        "why": wording.why(found),
        "four_eyes": wording.four_eyes_notice(found, by),
        "decided_by": wording.decided_by(found),
        "cause": wording.cause_in_words(found),
        "cause_address": cause_address(request, found.cause_type, found.cause_id),
        "paid": wording.paid_of(parts, found.parts),
        "parts": [(part, word_of(INSTALMENT_STATUSES, part.status)) for part in parts],
        "entries": entries_of(found) if may_read(request) else None,
        "history": history_of("payout", str(found.pk), PAYOUT_STATUSES),
        "steps": _steps(request, found, by),
    }
    return TemplateResponse(request, "loyalty/admin/payouts/page.html", context)


def _steps(request: HttpRequest, found: Payout, by: str) -> list[tuple[object, str]]:
    """The steps that this user may take with a payout as it is, and where."""
    return [
        (step, f"{DESK.address(step.name)}?id={found.pk}")
        for step in DESK.open_to(request)
        if foreseen(found, step.name, by).applies
    ]
