"""The second factor: asked for after the password, enrolled with a QR code, taken away."""

from base64 import b32encode
from typing import Any

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from doors.admin.readonly import ReadOnlyAdmin
from doors.queries import has_second_factor
from doors.second_factors import (
    begin_enrolment,
    confirm_enrolment,
    device_opened_by,
    remove_second_factor,
    renew_recovery_codes,
    waiting_enrolment,
)

_WRONG_CODE = _("This code won't do. After wrong ones, wait for some seconds.")

for model in (TOTPDevice, StaticDevice):
    admin.site.unregister(model)


class CodeForm(forms.Form):
    """A code of the authenticator, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "class": "field-input code-input",
                "autocomplete": "one-time-code",
                "autocapitalize": "off",
                "spellcheck": "false",
                "autofocus": "",
            }
        ),
    )


class ProofForm(CodeForm):
    """The password and a code: whoever sits before an open screen has the screen only."""

    password = forms.CharField(
        label=_("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(
            attrs={"class": "field-input", "autocomplete": "current-password"}
        ),
    )
    field_order = ("password", "code")

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self._request = request
        # The password comes first on this page.
        self.fields["code"].widget.attrs.pop("autofocus")

    def clean(self) -> dict[str, Any]:
        """Check the password, which counts as a login's, and only then use the code up."""
        said = self.cleaned_data
        if self.errors:
            return said
        user = _user(self._request)
        if authenticate(self._request, username=user.username, password=said["password"]) != user:
            self.add_error("password", _("This is not your password."))
        elif device_opened_by(user=user, code=said["code"]) is None:
            self.add_error("code", _WRONG_CODE)
        return said


def verify_page(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor, then go on to what was asked for."""
    user = _user(request)
    if user.is_verified() or not has_second_factor(user_id=user.pk):  # type: ignore[attr-defined]
        return HttpResponseRedirect(_next(request))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        device = device_opened_by(user=user, code=form.cleaned_data["code"])
        if device is not None:
            django_otp.login(request, device)
            if isinstance(device, StaticDevice):
                left = device.token_set.count()
                messages.warning(request, _("Recovery codes left: %(left)d.") % {"left": left})
            return HttpResponseRedirect(_next(request))
        form.add_error("code", _WRONG_CODE)
    return _page(request, "second_factor", _("Second factor"), form=form, next=_next(request))


def enrol_page(request: HttpRequest) -> HttpResponse:
    """Make a new authenticator when asked to, show its QR code, and let it count once it works."""
    user = _user(request)
    if has_second_factor(user_id=user.pk):
        return HttpResponseRedirect(reverse("second-factor-mine"))
    if request.method == "POST" and "begin" in request.POST:
        begin_enrolment(user=user)
        return HttpResponseRedirect(reverse("second-factor-new"))
    device = waiting_enrolment(user=user)
    if device is None:
        # Looking at a page makes no key: it is made when somebody asks for it.
        return _page(
            request,
            "second_factor_begin",
            _("Set up a second factor"),
            is_required=settings.ADMIN_SECOND_FACTOR,
        )
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        codes = confirm_enrolment(device=device, code=form.cleaned_data["code"])
        if codes is not None:
            django_otp.login(request, device)
            return _codes_shown(request, codes)
        form.add_error("code", _("This code is not the authenticator's. Is its clock right?"))
    return _page(
        request,
        "second_factor_new",
        _("Set up a second factor"),
        form=form,
        picture=_picture(device),
        key=_grouped(b32encode(device.bin_key).decode()),
        is_required=settings.ADMIN_SECOND_FACTOR,
    )


def mine_page(request: HttpRequest) -> HttpResponse:
    """Tell of one's own second factor; to its owner give new recovery codes, or take it away."""
    user = _user(request)
    if not has_second_factor(user_id=user.pk):
        return HttpResponseRedirect(reverse("second-factor-new"))
    form = ProofForm(request)
    if form.is_valid() and "renew" in request.POST:
        return _codes_shown(request, renew_recovery_codes(user=user))
    if form.is_valid() and "remove" in request.POST:
        remove_second_factor(user=user)
        messages.success(request, _("Your second factor is gone."))
        return HttpResponseRedirect(reverse("admin:index"))
    device = TOTPDevice.objects.get(user=user, confirmed=True)
    left = StaticToken.objects.filter(device__user=user).count()
    return _page(
        request,
        "second_factor_mine",
        _("My second factor"),
        form=form,
        device=device,
        codes_left=left,
        is_required=settings.ADMIN_SECOND_FACTOR,
    )


@admin.register(TOTPDevice)
class SecondFactorAdmin(ReadOnlyAdmin[TOTPDevice]):
    """Who has a second factor. A superuser takes it from somebody who lost it."""

    trail_kind = "second_factor"
    list_display = ("user", "confirmed", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    search_help_text = _("Search by user")
    # The key of the authenticator is nobody's to see.
    fields = ("user", "confirmed", "created_at", "last_used_at")
    empty_sentence = _("Nobody has set up a second factor yet.")

    def has_delete_permission(self, request: HttpRequest, obj: TOTPDevice | None = None) -> bool:
        """Return whether this is a superuser: whoever may do this, may log in as anybody.

        One's own is taken away on one's own page, which asks for the password and a code.
        """
        if obj is not None and obj.user_id == request.user.pk:
            return False
        return bool(getattr(request.user, "is_superuser", False))

    def delete_model(self, request: HttpRequest, obj: TOTPDevice) -> None:
        """Take away the recovery codes too."""
        remove_second_factor(user=obj.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return none: each is taken away by itself."""
        return {}


def _user(request: HttpRequest) -> User:
    user = request.user
    assert user.is_authenticated, "pages of people who are logged in"
    return user


def _picture(device: TOTPDevice) -> SafeString:
    """The QR code that an authenticator reads."""
    drawn = segno.make(device.config_url, error="m").svg_inline(
        scale=5, border=2, dark="#000", light="#fff"
    )
    # Drawn from an address that is percent-encoded: nothing in it is anybody's markup.
    return mark_safe(drawn)  # noqa: S308


def _grouped(key: str) -> str:
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


def _codes_shown(request: HttpRequest, codes: Any) -> HttpResponse:
    response = _page(request, "recovery_codes", _("Recovery codes"), codes=codes)
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, name: str, title: Any, **context: Any) -> HttpResponse:
    whole = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"doors/admin/{name}.html", whole)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("admin:index")
