"""What is personal about a subscriber: shown to whoever says why, one page for each step."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Subscriber
from accounts.operations import read_personal_data, unmask_hints
from accounts.policy.vault import ADDRESS, BIRTH_DATE, EMAIL, MSISDN, NAME
from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from kernel.refusals import Refusal

UNMASK, READ = "accounts.unmask_subscriber", "accounts.read_personal"
REASON_MAX = 500
FIELD_WORDS = {
    NAME: pgettext_lazy("of a person", "Name"),
    MSISDN: gettext_lazy("Phone"),
    EMAIL: gettext_lazy("E-mail"),
    ADDRESS: gettext_lazy("Address"),
    BIRTH_DATE: gettext_lazy("Born on"),
}


def text_area(**attrs: Any) -> forms.Textarea:
    """The widget of a sentence or two."""
    return forms.Textarea(attrs={"class": "field-input field-area", "rows": 3, **attrs})


class WhyForm(forms.Form):
    """Why somebody looks."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=text_area(),
        validators=[MaxLengthValidator(REASON_MAX)],
        help_text=gettext_lazy("Kept for good, beside your name. No personal data, please."),
        error_messages={"required": gettext_lazy("Say why: every look is kept with its reason.")},
    )


class Look(NamedTuple):
    """A step that asks for its reason on a page of its own.

    Attributes:
        take: what is done once the reason is given; the answer is the page that follows.
    """

    title: Any
    explanation: Any
    permission: str
    take: Callable[[ModelAdmin[Subscriber], HttpRequest, Subscriber, Any, datetime], HttpResponse]
    form: type[forms.Form] = WhyForm
    is_grave: bool = False
    goes: tuple[Any, ...] = ()
    stays: tuple[Any, ...] = ()


def ask(
    admin: ModelAdmin[Subscriber], request: HttpRequest, subscriber_pk: int, look: Look
) -> HttpResponse:
    """Ask for what a step needs, and take it once that is given.

    Raises:
        PermissionDenied: this user may not.
    """
    subscriber = found(admin, request, subscriber_pk, look.permission)
    form = look.form(request.POST) if request.method == "POST" else look.form()
    if form.is_valid():
        try:
            return look.take(admin, request, subscriber, form.cleaned_data, datetime.now(UTC))
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
    context = {
        **frame(admin, request, subscriber, look.title),
        "look": look,
        "form": form,
        "back": address(subscriber.pk),
    }
    return TemplateResponse(request, "accounts/admin/ask.html", context)


def found(
    admin: ModelAdmin[Subscriber], request: HttpRequest, subscriber_pk: int, permission: str
) -> Subscriber:
    """The subscriber that an address names, for whoever may take a step about them.

    Raises:
        PermissionDenied, Http404
    """
    if not (admin.has_view_permission(request) and request.user.has_perm(permission)):
        raise PermissionDenied
    subscriber = admin.get_object(request, str(subscriber_pk))
    if subscriber is None:
        raise Http404
    return subscriber


def address(subscriber_pk: int) -> str:
    """Where a subscriber is shown."""
    return reverse("admin:accounts_subscriber_change", args=[subscriber_pk])


def _unmask(
    admin: ModelAdmin[Subscriber],
    request: HttpRequest,
    subscriber: Subscriber,
    said: Any,
    now: datetime,
) -> HttpResponse:
    unmask_hints(
        subscriber_id=subscriber.pk,
        by=request.user.get_username(),
        reason=said["reason"],
        now=now,
    )
    messages.success(request, _("The hints are shown to you for an hour. That you asked is kept."))
    return HttpResponseRedirect(f"{address(subscriber.pk)}#identifiers")


def _reveal(
    admin: ModelAdmin[Subscriber],
    request: HttpRequest,
    subscriber: Subscriber,
    said: Any,
    now: datetime,
) -> HttpResponse:
    personal = read_personal_data(
        subscriber_id=subscriber.pk,
        by=request.user.get_username(),
        reason=said["reason"],
        now=now,
    )
    context = {
        **frame(admin, request, subscriber, _("Name and contacts")),
        "facts": [(word, _shown(personal.get(name))) for name, word in FIELD_WORDS.items()],
        "back": address(subscriber.pk),
    }
    return TemplateResponse(request, "accounts/admin/personal.html", context)


def _shown(value: str | None) -> str:
    if value is None:
        return ""
    day = parse_date(value) if len(value) == len("1990-02-28") and value[4] == "-" else None
    return date_format(day, "DATE_FORMAT") if day is not None else value


LOOKS: dict[str, Look] = {
    "unmask": Look(
        gettext_lazy("Show identifiers"),
        gettext_lazy(
            "Of an identifier only a digest and a hint of a few characters are stored. You will "
            "see the hints of what this subscriber was seen with, for an hour."
        ),
        UNMASK,
        _unmask,
    ),
    "personal": Look(
        gettext_lazy("Show name and contacts"),
        gettext_lazy("You will see what the vault holds of this subscriber, once."),
        READ,
        _reveal,
    ),
}
