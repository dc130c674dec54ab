"""Identifiers that mean nothing, and those of too many accounts: read, added to, taken off."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Identifier
from doors.admin.frame import frame
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.amounts import points_shown
from doors.moments import moment_shown
from fraud.admin.blocks import ADD as BLOCK
from fraud.admin.blocks import SOURCE_OF_CROWDS, BlockForm
from fraud.admin.filters import KindFilter
from fraud.admin.forms import REASON_MAX
from fraud.admin.people import UNMASK
from fraud.admin.words import KINDS as KIND_WORDS
from fraud.admin.words import nothing_changed
from fraud.models import CrowdedIdentifier, MeaninglessIdentifier
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.declare_meaningless import (
    declare_digests_meaningless,
    declare_meaningless,
    restore_meaning,
)
from kernel.refusals import Refusal
from loyalty.admin.gate.words import actor_of

LIST = "admin:fraud_meaninglessidentifier_changelist"
CROWDS = "admin:fraud_crowdedidentifier_changelist"
ADD, REMOVE = "fraud.add_meaninglessidentifier", "fraud.delete_meaninglessidentifier"
CHOSEN_MAX = 200


class MeaninglessForm(BlockForm):
    """An identifier by its value, and why it means nothing."""

    expires_at = None  # type: ignore[assignment]

    def __init__(self, *said: Any) -> None:
        super().__init__(*said)
        self.fields["value"].help_text = _(
            "Only its digest and a hint are kept, never the value itself. Of an e-mail address,"
            " all forms of it are declared meaningless."
        )


class ReasonForm(forms.Form):
    """Why a step is taken with what was chosen."""

    chosen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"class": "field-input field-area", "rows": 3}),
    )

    def clean_chosen(self) -> list[int]:
        """The ids of what was chosen."""
        said = str(self.cleaned_data["chosen"]).split(",")
        ids = [int(each) for each in said if each.isascii() and each.isdigit() and len(each) < 19]
        if not ids or len(ids) > CHOSEN_MAX:
            raise forms.ValidationError(_("Choose between 1 and 200 of the list."))
        return ids


class _ListAdmin(ReadOnlyAdmin[Any]):
    """What both lists show of an identifier, and how steps with chosen rows ask for a reason."""

    list_filter = (KindFilter,)
    list_filter_submit = True
    list_select_related = ("identifier",)

    class Media:
        css = {"all": ["fraud/fraud.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows, and remember whether hints may be shown."""
        self.shows_hints = request.user.has_perm(UNMASK)
        return super().get_queryset(request)

    @column(description=gettext_lazy("Identifier"))
    def identifier_shown(self, row: Any) -> SafeString:
        """Return its kind and how its digest begins; the hint too, for those who may see it.

        So many have it, or it says so little, that the hint points at nobody.
        """
        found: Identifier = row.identifier
        hint = found.hint if getattr(self, "shows_hints", False) else ""
        return format_html(
            '{} <code class="soft">{}</code> {}',
            KIND_WORDS[found.kind],
            bytes(found.digest).hex()[:10],
            hint,
        )

    def ask_for_reason(
        self,
        request: HttpRequest,
        title: str,
        back: str,
        act: Callable[[Sequence[int], str, str], str],
    ) -> HttpResponse:
        """Ask why, then take a step with what was chosen."""
        if request.method == "POST":
            form = ReasonForm(request.POST)
            if form.is_valid():
                said = form.cleaned_data
                try:
                    words = act(said["chosen"], said["reason"], request.user.get_username())
                except Refusal as refusal:
                    form.add_error(None, nothing_changed(refusal))
                else:
                    messages.success(request, words)
                    return HttpResponseRedirect(reverse(back))
        else:
            form = ReasonForm(initial={"chosen": request.GET.get("chosen", "")})
        return _page(self, request, title, form, back)


@admin.register(MeaninglessIdentifier)
class MeaninglessAdmin(_ListAdmin):
    """Identifiers that say nothing of whoever has them."""

    trail_kind = "meaningless"
    list_display = ("identifier_shown", "reason", "added")
    list_before_template = "fraud/admin/meaningless_head.html"
    ordering = ("-id",)
    empty_sentence = gettext_lazy(
        "Values that stand for nothing, such as a device of all zeros, are added here by value, or"
        " from the list of crowded identifiers. They link and mark nobody."
    )
    fields = ("identifier_shown", "reason", "added")
    readonly_fields = ("identifier_shown", "added")

    @column(description=gettext_lazy("Added"))
    def added(self, row: MeaninglessIdentifier) -> SafeString:
        """Return when, and by whom."""
        return format_html(
            '<span class="moment">{}</span> <span class="soft small">{}</span>',
            moment_shown(row.added_at),
            actor_of(row.added_by),
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return taking off the list, for those who may."""
        if not request.user.has_perm(REMOVE):
            return {}
        words = gettext_lazy("Take off the list…")
        return {"take_off": (_chosen("admin:fraud_meaningless_remove", REMOVE), "take_off", words)}

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of adding and taking off."""
        guarded = self.admin_site.admin_view
        return [
            path("declare/", guarded(self.declare_view), name="fraud_meaningless_add"),
            path("remove/", guarded(self.remove_view), name="fraud_meaningless_remove"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the way to add to it."""
        more = {**(extra_context or {}), "may_declare": request.user.has_perm(ADD)}
        return super().changelist_view(request, more)

    def declare_view(self, request: HttpRequest) -> HttpResponse:
        """Declare one identifier meaningless by its value."""
        _demand(self, request, ADD)
        form = MeaninglessForm(request.POST if request.method == "POST" else None)
        digest = form.digest() if form.is_valid() else None
        if digest is not None:
            try:
                added = declare_digests_meaningless(
                    digests=[digest],
                    reason=form.cleaned_data["reason"],
                    by=request.user.get_username(),
                    now=datetime.now(UTC),
                )
            except Refusal as refusal:
                form.add_error(None, nothing_changed(refusal))
            else:
                messages.success(request, _declared(added))
                return HttpResponseRedirect(reverse(LIST))
        return _page(self, request, _("Declare an identifier meaningless"), form, LIST)

    def remove_view(self, request: HttpRequest) -> HttpResponse:
        """Take chosen identifiers off the list."""
        _demand(self, request, REMOVE)

        def act(chosen: Sequence[int], reason: str, by: str) -> str:
            n = restore_meaning(entry_ids=chosen, reason=reason, by=by)
            words = ngettext(
                "%(n)s identifier is off the list.", "%(n)s identifiers are off the list.", n
            )
            return words % {"n": n}

        return self.ask_for_reason(request, _("Take off the list"), LIST, act)


@admin.register(CrowdedIdentifier)
class CrowdAdmin(_ListAdmin):
    """Identifiers of more accounts than the limit of their kind, the largest first."""

    list_display = ("identifier_shown", "accounts_shown", "since")
    list_before_template = "fraud/admin/crowds_head.html"
    ordering = ("-accounts", "identifier")
    empty_sentence = gettext_lazy(
        "No identifier has more accounts than the limit that the rule set has for its kind. They"
        " are counted every hour."
    )
    fields = ("identifier_shown", "accounts_shown", "since")
    readonly_fields = ("identifier_shown", "accounts_shown", "since")

    @column(description=gettext_lazy("Accounts"), ordering="accounts")
    def accounts_shown(self, row: CrowdedIdentifier) -> str:
        """Return how many were seen with it."""
        return points_shown(row.accounts)

    @column(description=gettext_lazy("Since"), ordering="since_at")
    def since(self, row: CrowdedIdentifier) -> SafeString:
        """Return when it was first found to have so many."""
        return format_html('<span class="moment">{}</span>', moment_shown(row.since_at))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return what may be done with an identifier that links nobody."""
        found: dict[str, Any] = {}
        if request.user.has_perm(BLOCK):
            words = gettext_lazy("Block…")
            found["block"] = (_chosen("admin:fraud_crowd_block", BLOCK), "block", words)
        if request.user.has_perm(ADD):
            words = gettext_lazy("Declare meaningless…")
            found["declare"] = (_chosen("admin:fraud_crowd_declare", ADD), "declare", words)
        return found

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of both steps."""
        guarded = self.admin_site.admin_view
        return [
            path("block/", guarded(self.block_view), name="fraud_crowd_block"),
            path("declare/", guarded(self.declare_view), name="fraud_crowd_declare"),
            *super().get_urls(),
        ]

    def block_view(self, request: HttpRequest) -> HttpResponse:
        """Block chosen identifiers: everybody's benefits who has one are refused."""
        _demand(self, request, BLOCK)

        def act(chosen: Sequence[int], reason: str, by: str) -> str:
            now = datetime.now(UTC)
            n = block_identifiers(
                identifier_ids=chosen, reason=reason, source=SOURCE_OF_CROWDS, by=by, now=now
            )
            words = ngettext("%(n)s identifier is blocked.", "%(n)s identifiers are blocked.", n)
            return words % {"n": n}

        return self.ask_for_reason(request, _("Block identifiers"), CROWDS, act)

    def declare_view(self, request: HttpRequest) -> HttpResponse:
        """Declare chosen identifiers meaningless."""
        _demand(self, request, ADD)

        def act(chosen: Sequence[int], reason: str, by: str) -> str:
            now = datetime.now(UTC)
            return _declared(
                declare_meaningless(identifier_ids=chosen, reason=reason, by=by, now=now)
            )

        return self.ask_for_reason(request, _("Declare identifiers meaningless"), CROWDS, act)


def _chosen(address: str, permission: str) -> Callable[..., HttpResponse]:
    """An action that asks for a reason on a page of its own."""

    def go(_admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        ids = ",".join(str(key) for key in rows.values_list("pk", flat=True)[:CHOSEN_MAX])
        return HttpResponseRedirect(f"{reverse(address)}?chosen={ids}")

    return go


def _declared(added: int) -> str:
    if not added:
        return _("It was on the list already and stays as it is.")
    words = ngettext(
        "%(n)s identifier is on the list: it links and marks nobody. What stood on it is looked at"
        " again.",
        "%(n)s identifiers are on the list: they link and mark nobody. What stood on them is"
        " looked at again.",
        added,
    )
    return words % {"n": added}


def _demand(shown: ReadOnlyAdmin[Any], request: HttpRequest, permission: str) -> None:
    if not (shown.has_view_permission(request) and request.user.has_perm(permission)):
        raise PermissionDenied


def _page(
    shown: ReadOnlyAdmin[Any], request: HttpRequest, title: str, form: forms.Form, back: str
) -> HttpResponse:
    context = {**frame(shown, request, None, title), "form": form, "back": reverse(back)}
    return TemplateResponse(request, "fraud/admin/block.html", context)
