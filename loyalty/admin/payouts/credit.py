"""Giving a credit: a person asks for it, and it passes the gate like every other benefit."""

import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doors.admin.frame import frame
from doors.amounts import roubles_shown
from doors.translation import translated
from kernel.money import minor_from
from loyalty.admin.payouts.steps import GRANT
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.policy.gate import GOODWILL
from loyalty.policy.limits import ClientLimitExceeded, DailyLimit
from loyalty.policy.terms import Terms
from loyalty.queries.terms import terms_calendar

if TYPE_CHECKING:
    from loyalty.admin.payouts.admin import PayoutAdmin

# A sum as people write it: 1500, 1500.50 or 1500,50, and nothing that a machine would guess at.
_SUM = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,2})?")


class CreditForm(forms.Form):
    """Whom a credit is for, how much, and why."""

    subscriber = forms.CharField(
        label=_("Subscriber id"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "field-input field-wide", "autocomplete": "off"}),
        help_text=_("As billing knows them."),
    )
    value = forms.CharField(
        label=_("Sum in roubles"),
        max_length=16,
        widget=forms.TextInput(
            attrs={"class": "field-input", "inputmode": "decimal", "autocomplete": "off"}
        ),
        help_text=_("Paid as points of this value, such as 250 or 99.50."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"class": "field-input field-area", "rows": 3}),
        help_text=_("Kept with the payout for ever, beside your name."),
    )
    # Made with the empty form, so that a form that is sent twice asks for one credit.
    cause = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, terms: Terms, **options: Any) -> None:
        super().__init__(*args, **options)
        self.point_value_minor = terms.point_value_minor

    def clean_value(self) -> int:
        """Return kopecks."""
        written = "".join(self.cleaned_data["value"].split())
        if not _SUM.fullmatch(written):
            raise forms.ValidationError(
                _("Give a sum in roubles, with kopecks after a point if there are any.")
            )
        value_minor = minor_from(Decimal(written.replace(",", ".")))
        if value_minor <= 0:
            raise forms.ValidationError(_("A credit is more than nothing."))
        if value_minor % self.point_value_minor:
            raise forms.ValidationError(
                _("A point is worth %(value)s: give a sum of whole points."),
                params={"value": roubles_shown(self.point_value_minor)},
            )
        return value_minor


def give(admin: "PayoutAdmin", request: HttpRequest) -> HttpResponse:
    """Ask for whom, how much and why; then request the payout."""
    if not (admin.has_view_permission(request) and request.user.has_perm(GRANT)):
        raise PermissionDenied
    now = datetime.now(UTC)
    version = terms_calendar().at(now)
    filled = request.POST if request.method == "POST" else None
    form = CreditForm(filled, initial=_blank(request), terms=version.terms)
    if form.is_valid():
        wanted = _request(form, request, version.number)
        limit = DailyLimit(request.user.get_username(), minor_from(_daily_limit()))
        try:
            [outcome] = request_payouts(requests=[wanted], now=now, limit=limit)
        except ClientLimitExceeded as refusal:
            form.add_error("value", _too_much(refusal))
        else:
            if outcome.payout_id is not None:
                _say(request, form, replayed=outcome.replayed)
                page = reverse("admin:loyalty_payout_change", args=[outcome.payout_id])
                return HttpResponseRedirect(page)
            assert outcome.refusal is not None, "what is not requested is refused"
            form.add_error("subscriber", translated(outcome.refusal.detail))
    context = {
        **frame(admin, request, None, _("Give a credit")),
        "form": form,
        "limit": roubles_shown(version.terms.four_eyes_above_minor),
    }
    return TemplateResponse(request, "loyalty/admin/payouts/credit.html", context)


def _daily_limit() -> Decimal:
    return Decimal(settings.GOODWILL_DAILY_LIMIT)


def _too_much(refusal: ClientLimitExceeded) -> str:
    limit = roubles_shown(minor_from(_daily_limit()))
    said = _("You may give credits of %(limit)s in a day. %(detail)s")
    return said % {"limit": limit, "detail": refusal.detail}


def _blank(request: HttpRequest) -> dict[str, Any]:
    return {"cause": uuid.uuid4(), "subscriber": request.GET.get("subscriber", "")}


def _request(form: CreditForm, request: HttpRequest, terms: int) -> PayoutRequest:
    filled = form.cleaned_data
    return PayoutRequest(
        subscriber_id=filled["subscriber"],
        kind=GOODWILL,
        cause_type="person",
        cause_id=filled["cause"].hex,
        value_minor=filled["value"],
        terms=terms,
        maker=request.user.get_username(),
        note=filled["reason"],
    )


def _say(request: HttpRequest, form: CreditForm, *, replayed: bool) -> None:
    if replayed:
        messages.warning(request, _("This form was sent before: the credit was requested once."))
        return
    said = _("A credit of %(value)s for %(subscriber)s is requested. It waits for the screen.")
    filled = form.cleaned_data
    value = roubles_shown(filled["value"])
    messages.success(request, said % {"value": value, "subscriber": filled["subscriber"]})
