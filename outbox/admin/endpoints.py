"""Webhooks: registered with a secret shown once, tried out, switched off and on."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from doors.admin.frame import frame
from doors.admin.history import HistoryInTrail
from doors.admin.owners import owner_choices, owner_shown
from doors.admin.secret_page import MakesSecrets, keep_secret, kept_secret, secret_shown
from doors.admin.theme import ModelAdmin, ModelForm, column
from doors.moments import moment_shown
from kernel.ids import is_id
from kernel.refusals import Refusal
from outbox.admin.figures import with_lag
from outbox.admin.steps import STEPS, Step
from outbox.models import Endpoint, EndpointStep
from outbox.operations.register_endpoints import change_endpoint, register_endpoint
from outbox.policy.endpoints import DISABLED, ENABLED
from outbox.queries.endpoints import endpoints_kept

STATUS_COLOURS = {ENABLED: "success", DISABLED: "danger"}
_STEPS_SHOWN_MAX = 20
# What is said of a registered webhook beside what was asked.
_KNOWN = ("status", "disabled_note", "failing", "previous_until", "history")


class EndpointForm(ModelForm[Endpoint]):
    """Where a webhook goes and what it hears."""

    names = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(name, name) for name in settings.NEWS_OUTSIDE],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text=_("None means all, also those to come."),
    )

    owner = forms.ChoiceField(
        label=_("Owner"),
        choices=owner_choices,
        widget=UnfoldAdminSelectWidget,
        required=False,
        help_text=_("The client that sees and changes it over the API, with those of its group."),
    )

    class Meta:
        model = Endpoint
        fields = ["webhook_id", "owner", "url", "description", "names"]

    def clean_webhook_id(self) -> str:
        """Refuse what the API would refuse as an id."""
        webhook_id = str(self.cleaned_data["webhook_id"]).strip()
        if not is_id(webhook_id):
            raise forms.ValidationError(
                _("Printable characters only, no slash, and not . or .. alone.")
            )
        return webhook_id

    def act(self, by: str, now: datetime) -> str | None:
        """Register or change the webhook; a new one's secret.

        Raises:
            Refusal: it can't be had.
        """
        said = {name: self.cleaned_data[name] for name in ("url", "description", "names")}
        said["owner"] = self.cleaned_data["owner"]
        if self.instance.pk:
            change_endpoint(webhook_id=self.instance.webhook_id, changes=said, by=by, now=now)
            return None
        registered = register_endpoint(
            webhook_id=self.cleaned_data["webhook_id"], **said, by=by, now=now
        )
        self.instance.pk = registered.endpoint.pk
        return registered.secret


@admin.register(Endpoint)
class EndpointAdmin(MakesSecrets, HistoryInTrail, ModelAdmin[Endpoint]):
    """Webhooks. One is removed by its client only: what was sent to it stays."""

    trail_kind = "webhook"
    form = EndpointForm
    actions = None
    list_display = (
        "webhook_id",
        "owner_in_words",
        "url",
        "status_word",
        "hears",
        "failing",
        "created_at",
    )
    list_filter = ("status",)
    search_fields = ("webhook_id", "url")
    search_help_text = _("Search by id or address")
    list_before_template = "admin/figures.html"
    change_form_outer_before_template = "outbox/admin/endpoint_links.html"
    compressed_fields = True
    ordering = ("webhook_id",)

    @column(description=_("Status"), label=STATUS_COLOURS)
    def status_word(self, endpoint: Endpoint) -> tuple[str, str]:
        """Return the status, coloured."""
        return endpoint.status, endpoint.get_status_display()

    @column(description=_("Owner"))
    def owner_in_words(self, endpoint: Endpoint) -> str:
        """Return whose it is."""
        return owner_shown(endpoint.owner)

    @column(description=_("Events"))
    def hears(self, endpoint: Endpoint) -> str:
        """Return what it hears, in short."""
        if not endpoint.names:
            return str(_("all"))
        if len(endpoint.names) <= 2:
            return ", ".join(endpoint.names)
        return f"{endpoint.names[0]}, … ({len(endpoint.names)})"

    @column(description=_("Failing since"), ordering="failing_since")
    def failing(self, endpoint: Endpoint) -> str:
        """Return since when nothing was delivered that was tried."""
        return moment_shown(endpoint.failing_since) if endpoint.failing_since else "–"

    @column(description=_("Disabled"))
    def disabled_note(self, endpoint: Endpoint) -> str:
        """Return why it is off, and by whom."""
        if endpoint.disabled_at is None:
            return "–"
        return f"{endpoint.disabled_reason} ({endpoint.disabled_by})"

    @column(description=_("History"))
    def history(self, endpoint: Endpoint) -> SafeString:
        """Return the last things that were done to it."""
        steps = EndpointStep.objects.filter(endpoint=endpoint).order_by("-id")
        lines = [
            (moment_shown(each.taken_at), each.get_step_display(), each.taken_by, each.note)
            for each in steps[:_STEPS_SHOWN_MAX]
        ]
        return format_html_join(mark_safe("<br>"), "{}: {} ({}) {}", lines)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Return all but those that were removed."""
        return endpoints_kept()

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:
        """Return what is asked, and of a registered webhook what is known."""
        if obj is None:
            return ("webhook_id", "owner", "url", "description", "names")
        return ("webhook_id", "owner", "url", "description", *_KNOWN, "names")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Endpoint | None = None
    ) -> tuple[str, ...]:
        """Return what isn't typed in."""
        return () if obj is None else ("webhook_id", *_KNOWN)

    def has_delete_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        """Return False: a webhook is disabled instead."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and one for each step."""
        view = self.admin_site.admin_view(self.step_view)
        own = path("<int:endpoint_pk>/step/<slug:step>/", view, name="outbox_endpoint_step")
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under the figures of the lag."""
        return super().changelist_view(request, with_lag(extra_context, datetime.now(UTC)))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form with the steps that may be taken."""
        more = {
            **(extra_context or {}),
            "steps": STEPS,
        }
        return super().changeform_view(request, object_id, form_url, more)

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Return a form that asks the verb while it can still say what is wrong."""
        base = super().get_form(request, *args, **options)
        by = request.user.get_username()

        class Asking(base):  # type: ignore[misc, valid-type]
            def _post_clean(self) -> None:
                super()._post_clean()
                if self.errors or request.method != "POST":
                    return
                try:
                    keep_secret(request, self.act(by, datetime.now(UTC)))
                except Refusal as refusal:
                    self.add_error(None, refusal.detail)

        return Asking

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        """Do nothing: the verb has written it."""

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, this once; an id that was registered alike before has none to show."""
        secret = kept_secret(request)
        if secret is None:
            return super().response_add(request, obj, post_url_continue)
        return self._secret_shown(request, obj, secret)

    def step_view(self, request: HttpRequest, endpoint_pk: int, step: str) -> HttpResponse:
        """Ask whether a step shall be taken, and take it."""
        endpoint, chosen = self.get_object(request, str(endpoint_pk)), STEPS.get(step)
        if endpoint is None or chosen is None:
            raise Http404
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        if request.method != "POST":
            context = frame(self, request, endpoint, chosen.title) | {"step": chosen}
            return TemplateResponse(request, "outbox/admin/ask.html", context)
        return self._take(request, endpoint, chosen)

    def _take(self, request: HttpRequest, endpoint: Endpoint, step: Step) -> HttpResponse:
        try:
            secret = step.take(endpoint.webhook_id, request.user.get_username(), datetime.now(UTC))
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            if secret is not None:
                return self._secret_shown(request, endpoint, secret)
            messages.success(request, step.done)
        return HttpResponseRedirect(reverse("admin:outbox_endpoint_change", args=[endpoint.pk]))

    def _secret_shown(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        context = frame(self, request, endpoint, _("The webhook's secret"))
        return secret_shown(request, "outbox/admin/secret.html", context, secret)
