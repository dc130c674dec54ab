"""A payout's page: what it is, why it waits, its instalments, its entries and its history."""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from doors.admin.frame import frame
from loyalty.admin.causes import cause_address
from loyalty.admin.gate.history import history_of
from loyalty.admin.gate.words import (
    INSTALMENT_STATUSES,
    PAYOUT_KINDS,
    PAYOUT_STATUSES,
    paid_of,
    word_of,
)
from loyalty.admin.payouts import wording
from loyalty.admin.payouts.steps import DECIDE, DESK
from loyalty.admin.statement import may_read
from loyalty.queries.payouts import entries_of, parts_of

if TYPE_CHECKING:
    from loyalty.admin.payouts.admin import PayoutAdmin


def payout(admin: "PayoutAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """One payout, with the steps that this user may take."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    found = admin.get_object(request, object_id)
    if found is None:
        raise Http404
    parts = list(parts_of([found]))
    context = {
        **frame(admin, request, found, _("Payout")),
        "payout": found,
        "status": word_of(PAYOUT_STATUSES, found.status),
        "kind": PAYOUT_KINDS.get(found.kind, found.kind),
        "why": wording.held_by(found),
        "four_eyes": wording.four_eyes_notice(
            found, request.user.get_username(), request.user.has_perm(DECIDE)
        ),
        "decided_by": wording.decided_by(found),
        "cause": wording.cause_in_words(found),
        "cause_address": cause_address(request, found.cause_type, found.cause_id),
        "paid": paid_of(parts, found.parts),
        "parts": [(part, word_of(INSTALMENT_STATUSES, part.status)) for part in parts],
        "entries": entries_of(found) if may_read(request) else None,
        "history": history_of("payout", str(found.pk), PAYOUT_STATUSES),
        "steps": DESK.ways(request, found),
    }
    return TemplateResponse(request, "loyalty/admin/payouts/page.html", context)
