"""A subscriber's statement as a page: now, or as of a past instant."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Subscriber
from doors.admin.theme import ModelAdmin
from doors.moments import moment_shown
from loyalty.admin.links import credit_address
from loyalty.admin.statement_csv import CSV_PARTS, csv_response
from loyalty.admin.statement_parts import PARTS
from loyalty.queries.statements import WalletStatement, wallet_as_of, wallet_now

MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]

TABS = (
    ("overview", _("Wallet")),
    ("entries", _("Entries")),
    ("billed", _("Charges and refunds")),
    ("redemptions", _("Redemptions")),
    ("payouts", _("Payouts")),
)


class MomentForm(forms.Form):
    """A past instant, in the program's time."""

    as_of = forms.DateTimeField(
        label=_("As of"),
        required=False,
        input_formats=MOMENT_FORMATS,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "field-input"}, format=MOMENT_FORMATS[0]
        ),
        error_messages={"invalid": _("This is not a moment: give a date and a time.")},
    )

    def __init__(self, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now

    def clean_as_of(self) -> datetime | None:
        """Refuse the future, of which no books are kept."""
        moment: datetime | None = self.cleaned_data["as_of"]
        if moment is not None and moment > self.now:
            raise forms.ValidationError(_("A statement is of the past: this moment is to come."))
        return moment


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose statement is asked for, which part of it, as of when."""

    subscriber: Subscriber
    part: str
    at: datetime
    is_past: bool
    form: MomentForm

    def address(self, **query: str) -> str:
        """The address of a part, as of the same moment."""
        if self.is_past:
            query["as_of"] = timezone.localtime(self.at).replace(tzinfo=None).isoformat()
        return f"?{urlencode(query)}"


def may_read(request: HttpRequest) -> bool:
    """Whether this user may read what the ledger says of a subscriber."""
    return request.user.has_perm("loyalty.view_entry")


def page(
    model_admin: ModelAdmin[Subscriber], request: HttpRequest, subscriber_pk: int
) -> HttpResponseBase:
    """One part of the statement, with the wallet's balances above it."""
    subscriber = _subscriber(model_admin, request, subscriber_pk)
    if isinstance(subscriber, HttpResponse):
        return subscriber
    asked = _asked(request, subscriber)
    wallet = _wallet(asked)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Statement"),
        "opts": model_admin.opts,
        "original": subscriber,
        "subscriber": subscriber,
        "credit_address": credit_address(subscriber.external_id),
        "asked": asked,
        "moment_shown": moment_shown(asked.at, with_seconds=True),
        "tabs": TABS,
        "shown": asked.part,
        "may_read_statement": True,
        "tab_query": asked.address() if asked.is_past else "",
        "moment": urlencode({"as_of": request.GET["as_of"]}) if asked.is_past else "",
        "wallet": wallet,
        "part_template": f"loyalty/admin/statement/{asked.part}.html",
        "csv_address": _csv_address(asked),
        **PARTS[asked.part](request, asked.subscriber.pk, asked.at),
    }
    if context.get("next"):
        context["next_address"] = asked.address(show=asked.part, after=context["next"])
    return TemplateResponse(request, "loyalty/admin/statement/page.html", context)


def download(
    model_admin: ModelAdmin[Subscriber], request: HttpRequest, subscriber_pk: int
) -> HttpResponseBase:
    """A part of the statement, whole, as a file that is sent while it is read."""
    subscriber = _subscriber(model_admin, request, subscriber_pk)
    if isinstance(subscriber, HttpResponse):
        return subscriber
    asked = _asked(request, subscriber)
    if asked.part not in CSV_PARTS:
        raise Http404
    if not asked.form.is_valid():
        # The page says why there is no file as of such a moment.
        page_address = reverse("admin:loyalty_statement", args=[subscriber.pk])
        return HttpResponseRedirect(f"{page_address}?{request.GET.urlencode()}")
    return csv_response(request, asked.subscriber, asked.part, asked.at)


def _subscriber(
    model_admin: ModelAdmin[Subscriber], request: HttpRequest, subscriber_pk: int
) -> Subscriber | HttpResponse:
    if not (model_admin.has_view_permission(request) and may_read(request)):
        raise PermissionDenied
    subscriber = model_admin.get_object(request, str(subscriber_pk))
    if subscriber is None:
        return HttpResponseRedirect(reverse("admin:accounts_subscriber_changelist"))
    return subscriber


def _asked(request: HttpRequest, subscriber: Subscriber) -> Asked:
    now = datetime.now(UTC)
    form = MomentForm(request.GET, now=now)
    past = form.cleaned_data["as_of"] if form.is_valid() else None
    part = request.GET.get("show", "overview")
    return Asked(
        subscriber=subscriber,
        part=part if part in PARTS else "overview",
        at=past or now,
        is_past=past is not None,
        form=form,
    )


def _wallet(asked: Asked) -> WalletStatement:
    external_id = asked.subscriber.external_id
    if asked.is_past:
        return wallet_as_of(external_id=external_id, at=asked.at)
    return wallet_now(external_id=external_id, now=asked.at)


def _csv_address(asked: Asked) -> str:
    if asked.part not in CSV_PARTS:
        return ""
    address = reverse("admin:loyalty_statement_csv", args=[asked.subscriber.pk])
    return address + asked.address(show=asked.part)
