"""API clients: registered with the scopes chosen, their secret shown once and never again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
)

from doors.admin.frame import frame
from doors.admin.history import HistoryInTrail
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.secret_page import MakesSecrets, keep_secret, kept_secret, secret_shown
from doors.admin.theme import ModelAdmin, ModelForm, column
from doors.clients import (
    Limits,
    change_client,
    end_previous_secret,
    register_client,
    replace_client_secret,
    rotate_client_secret,
)
from doors.models import Client
from doors.moments import moment_shown
from doors.scopes import SCOPES
from kernel.money import MINOR_PER_MAJOR

# What is said of a registered client and changed elsewhere.
_KNOWN = ("in_group", "former_secret")
ROUBLES_MAX = 10**12

AccessToken = get_access_token_model()

for model in (
    Client,
    AccessToken,
    get_grant_model(),
    get_id_token_model(),
    get_refresh_token_model(),
):
    admin.site.unregister(model)


class ClientForm(ModelForm[Client]):
    """A client's name and what its tokens may be good for."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[
            (scope, format_lazy("{}: {}", scope, _(meaning))) for scope, meaning in SCOPES.items()
        ],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text=_("What its tokens may be good for; a token asks for some of these or all."),
    )

    reads_per_second = forms.IntegerField(
        label=_("Reads per second"),
        min_value=0,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Ten seconds' worth may come at once; 0 for no limit."),
    )
    writes_per_second = forms.IntegerField(
        label=_("Writes per second"),
        min_value=0,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("A batch is one. Ten seconds' worth may come at once; 0 for no limit."),
    )
    daily_charge_limit = forms.IntegerField(
        label=_("Charges in a day, roubles"),
        min_value=0,
        max_value=ROUBLES_MAX,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("What it may post in a day of the program; empty for no limit."),
    )
    daily_redemption_limit = forms.IntegerField(
        label=_("Redemptions in a day, roubles"),
        min_value=0,
        max_value=ROUBLES_MAX,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("What it may reserve in a day of the program; empty for no limit."),
    )

    class Meta:
        model = Client
        fields = ["name", "scopes", "is_enabled", "reads_per_second", "writes_per_second"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, default in (
            ("reads_per_second", settings.READS_PER_SECOND),
            ("writes_per_second", settings.WRITES_PER_SECOND),
        ):
            if name in self.fields:
                self.fields[name].widget.attrs["placeholder"] = str(default or _("no limit"))
        for use in ("charge", "redemption"):
            kopecks = getattr(self.instance, f"daily_{use}_limit_minor")
            if kopecks is not None:
                self.initial[f"daily_{use}_limit"] = kopecks // MINOR_PER_MAJOR

    def limits(self) -> Limits:
        """Return what was filled in."""
        filled = self.cleaned_data
        return Limits(
            filled["reads_per_second"],
            filled["writes_per_second"],
            _kopecks(filled["daily_charge_limit"]),
            _kopecks(filled["daily_redemption_limit"]),
        )

    def clean_name(self) -> str:
        """Refuse a name that another client has: registering it again would be that client."""
        name = str(self.cleaned_data["name"]).strip()
        if not name:
            raise forms.ValidationError(_("A client needs a name, so that people can tell it."))
        if Client.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another client has this name."))
        return name


class NewSecretForm(forms.Form):
    """What becomes of the present secret."""

    AT_ONCE = "0"
    present = forms.ChoiceField(
        label=_("The present secret"),
        choices=[
            ("1", _("works for one more hour")),
            ("24", _("works for 24 more hours")),
            ("168", _("works for 7 more days")),
            ("720", _("works for 30 more days")),
            (AT_ONCE, _("ends at once, with every token: it leaked")),
        ],
        initial="24",
        widget=UnfoldAdminRadioSelectWidget,
    )

    def act(self, client_id: str, now: datetime) -> tuple[Client, str]:
        """Give the client a new secret as was chosen."""
        chosen = self.cleaned_data["present"]
        if chosen == self.AT_ONCE:
            return replace_client_secret(client_id=client_id)
        overlap = timedelta(hours=int(chosen))
        return rotate_client_secret(client_id=client_id, now=now, overlap=overlap)


def _kopecks(roubles: int | None) -> int | None:
    return None if roubles is None else roubles * MINOR_PER_MAJOR


@admin.register(Client)
class ClientAdmin(MakesSecrets, HistoryInTrail, ModelAdmin[Client]):
    """Systems that call the API. A client is disabled and not deleted: its traces stay."""

    trail_kind = "client"
    form = ClientForm
    actions = None
    list_display = ("name", "client_id", "scope_count", "is_enabled", "in_group", "created")
    list_select_related = ("group",)
    list_filter = ("is_enabled",)
    search_fields = ("name", "client_id")
    search_help_text = _("Search by name or client id")
    compressed_fields = True
    change_form_outer_before_template = "doors/admin/client_links.html"

    @column(description=_("Scopes"))
    def scope_count(self, client: Client) -> str:
        """Return how many scopes it has, of how many there are."""
        return f"{len(client.scopes)} / {len(SCOPES)}"

    @column(description=_("Group"))
    def in_group(self, client: Client) -> str:
        """Return the group whose clients share what they made, if it is in one."""
        return client.group.name if client.group else "–"

    @column(description=_("Former secret"))
    def former_secret(self, client: Client) -> str:
        """Return until when the secret before works too, if it does."""
        until = client.previous_until
        if until is None or not client.has_former_secret(datetime.now(UTC)):
            return "–"
        return gettext("works until %(at)s") % {"at": moment_shown(until)}

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """Return what is asked, and of a registered client what is known and what limits it."""
        if obj is None:
            return [(None, {"fields": ("name", "scopes")})]
        known = (
            "name", "client_id", "scopes", "is_enabled", "in_group", "former_secret", "created",
            "updated",
        )  # fmt: skip
        limits = (
            ("reads_per_second", "writes_per_second"),
            ("daily_charge_limit", "daily_redemption_limit"),
        )
        return [(None, {"fields": known}), (_("Limits"), {"fields": limits})]

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> list[str]:
        """Return what stays as it was registered."""
        return [] if obj is None else ["name", "client_id", *_KNOWN, "created", "updated"]

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        """Return False: a client is disabled instead."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and one to give a new secret."""
        new = self.admin_site.admin_view(self.new_secret_view)
        end = self.admin_site.admin_view(self.end_secret_view)
        return [
            path("<int:client_pk>/secret/", new, name="doors_client_secret"),
            path("<int:client_pk>/former-secret/", end, name="doors_client_former_secret"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form with the ways to change the client's secrets."""
        client = self.get_object(request, object_id) if object_id else None
        more = {
            "has_two_secrets": client is not None and client.has_former_secret(datetime.now(UTC))
        }
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), **more}
        )

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        """Register or change the client by the verbs."""
        if change:
            change_client(
                client=obj, scopes=obj.scopes, is_enabled=obj.is_enabled, limits=form.limits()
            )
            return
        client, secret = register_client(name=obj.name, scopes=form.cleaned_data["scopes"])
        obj.pk, obj.client_id = client.pk, client.client_id
        keep_secret(request, secret)

    def response_add(
        self, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, this once."""
        secret = kept_secret(request)
        assert secret is not None, "a registration makes a secret"
        return self._secret_shown(request, obj, secret)

    def new_secret_view(self, request: HttpRequest, client_pk: int) -> HttpResponse:
        """Ask how long the old secret shall work, then make the new one and show it once."""
        client = self.get_object(request, str(client_pk))
        if client is None or not self.has_change_permission(request, client):
            messages.error(request, _("You may not give this client a new secret."))
            return HttpResponseRedirect(reverse("admin:index"))
        form = NewSecretForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            context = frame(self, request, client, _("Give a new secret")) | {"form": form}
            return TemplateResponse(request, "doors/admin/client_new_secret.html", context)
        client, secret = form.act(client.client_id, datetime.now(UTC))
        return self._secret_shown(request, client, secret)

    def end_secret_view(self, request: HttpRequest, client_pk: int) -> HttpResponse:
        """Ask whether the former secret shall end before its time, then end it."""
        client = self.get_object(request, str(client_pk))
        if client is None or not self.has_change_permission(request, client):
            messages.error(request, _("You may not change this client's secrets."))
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method != "POST":
            context = frame(self, request, client, _("End the former secret"))
            return TemplateResponse(request, "doors/admin/client_end_secret.html", context)
        end_previous_secret(client_id=client.client_id)
        messages.success(request, _("The former secret and the client's tokens have ended."))
        return HttpResponseRedirect(reverse("admin:doors_client_change", args=[client.pk]))

    def _secret_shown(self, request: HttpRequest, client: Client, secret: str) -> HttpResponse:
        context = frame(self, request, client, _("The client's secret"))
        return secret_shown(request, "doors/admin/client_secret.html", context, secret)


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin[Any]):
    """Tokens that were issued: to whom, for what, until when; never the token itself."""

    list_display = ("application", "scope", "created", "expires")
    list_select_related = ("application",)
    search_fields = ("application__name",)
    search_help_text = _("Search by client")
    empty_sentence = _("A token appears here while it is good, once a client has asked for one.")
    fields = ("application", "scope", "created", "expires")
