"""The block list: read, added to by value or by file, lifted, and exported without values."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.operations import HINTS, record_access
from accounts.policy.cards import CardNumber
from accounts.policy.identifiers import KINDS, IdentifierDigest
from doors.admin.bulk import BulkStep, Given, RowShown, bulk_actions
from doors.admin.exports import csv_file
from doors.admin.frame import frame
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.moments import moment_shown
from doors.translation import translated
from fraud.admin import blocks_csv
from fraud.admin.filters import KindFilter
from fraud.admin.forms import REASON_MAX
from fraud.admin.people import UNMASK
from fraud.admin.words import KINDS as KIND_WORDS
from fraud.admin.words import nothing_changed
from fraud.models import BlockedIdentifier
from fraud.operations.block_identifiers import block_digests, import_blocks, lift_blocks
from kernel.refusals import Refusal
from kernel.spreadsheets import csv_lines
from loyalty.admin.gate.words import actor_of

LIST = "admin:fraud_blockedidentifier_changelist"
ADD, LIFT = "fraud.add_blockedidentifier", "fraud.change_blockedidentifier"
SOURCE_BY_HAND, SOURCE_OF_CROWDS = "by hand", "crowded identifiers"
Blocks = QuerySet[BlockedIdentifier]


class StandingFilter(DropdownFilter):  # type: ignore[misc]
    """Blocks by whether they still stop anything."""

    title = gettext_lazy("in force")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return [
            ("active", gettext_lazy("in force")),
            ("expired", pgettext_lazy("block", "expired")),
            ("lifted", gettext_lazy("lifted")),
        ]

    def queryset(self, request: HttpRequest, queryset: Blocks) -> Blocks:
        """Return those of the state."""
        is_over = Q(expires_at__lte=datetime.now(UTC))
        condition = {
            "active": Q(lifted_at__isnull=True) & ~is_over,
            "expired": Q(lifted_at__isnull=True) & is_over,
            "lifted": Q(lifted_at__isnull=False),
        }.get(self.value() or "")
        return queryset.filter(condition) if condition is not None else queryset


class BlockForm(forms.Form):
    """An identifier by its value, why it is blocked, and until when."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[(kind, KIND_WORDS[kind]) for kind in KINDS],
        widget=forms.Select(attrs={"class": "field-input"}),
    )
    value = forms.CharField(
        label=gettext_lazy("Value"),
        max_length=500,
        widget=forms.TextInput(
            attrs={"class": "field-input field-wide", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy(
            "Only its digest and a hint are kept, never the value itself. Of a card, give the"
            " payment provider's fingerprint; of an e-mail address, all forms of it are blocked."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"class": "field-input field-area", "rows": 3}),
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "field-input"}),
        help_text=gettext_lazy("Empty: until somebody lifts it."),
    )

    def digest(self) -> IdentifierDigest | None:
        """The digest of the value's normal form; None if it can't be of this kind."""
        said = self.cleaned_data
        try:
            return blocks_csv.digest_of_value(said["kind"], said["value"])
        except ValueError as error:
            self.add_error("value", blocks_csv.refusal_of_value(error))
            if isinstance(error, CardNumber):
                # A page would carry the number back, and a browser might keep it.
                self.data = {**self.data.dict(), "value": ""}  # type: ignore[attr-defined]
            return None


class FileForm(forms.Form):
    """A file of identifiers to be blocked."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=gettext_lazy(
            "With the columns kind, value, reason and expires_at (empty, or a moment with its "
            "offset); at most 10,000 rows. All of them are blocked, or none."
        ),
    )


@admin.register(BlockedIdentifier)
class BlockAdmin(ReadOnlyAdmin[BlockedIdentifier]):
    """Identifiers whose benefits are stopped."""

    trail_kind = "block"
    list_display = (
        "identifier_shown",
        "state",
        "reason",
        "source_said",
        "blocked",
        "expires",
        "lifted",
    )
    list_filter = (StandingFilter, KindFilter)
    list_filter_submit = True
    list_before_template = "fraud/admin/blocks_head.html"
    list_select_related = ("identifier",)
    ordering = ("-id",)
    search_fields = ("source",)
    search_help_text = gettext_lazy("Source, such as “case 12”")
    empty_sentence = gettext_lazy(
        "A verdict of fraud blocks identifiers; they are added here by value or by file, too."
    )
    fields = list_display
    readonly_fields = ("identifier_shown", "state", "source_said", "blocked", "expires", "lifted")

    class Media:
        css = {"all": ["fraud/fraud.css"]}

    @column(description=gettext_lazy("Identifier"))
    def identifier_shown(self, block: BlockedIdentifier) -> SafeString:
        """Return its kind, and how its digest begins: enough to tell two apart."""
        found = block.identifier
        return format_html(
            '{} <code class="soft">{}</code>',
            KIND_WORDS[found.kind],
            bytes(found.digest).hex()[:10],
        )

    @column(
        description=gettext_lazy("State"),
        label={"active": "danger", "expired": "default", "lifted": "default"},
    )
    def state(self, block: BlockedIdentifier) -> tuple[str, Any]:
        """Return whether it stops anything."""
        if block.lifted_at is not None:
            return "lifted", _("lifted")
        if block.expires_at is not None and block.expires_at <= datetime.now(UTC):
            return "expired", pgettext_lazy("block", "expired")
        return "active", _("in force")

    @column(description=gettext_lazy("Source"), ordering="source")
    def source_said(self, block: BlockedIdentifier) -> str:
        """Return where it came from: a case, a file, or a person's hand."""
        return translated(block.source)

    @column(description=gettext_lazy("Blocked"))
    def blocked(self, block: BlockedIdentifier) -> SafeString:
        """Return when, and by whom."""
        return _moment_by(block.blocked_at, block.blocked_by)

    @column(description=gettext_lazy("Until"))
    def expires(self, block: BlockedIdentifier) -> SafeString | str:
        """Return until when."""
        return _moment_by(block.expires_at, "") if block.expires_at else _("until it is lifted")

    @column(description=gettext_lazy("Lifted"))
    def lifted(self, block: BlockedIdentifier) -> SafeString | str:
        """Return when it was lifted, and by whom."""
        return _moment_by(block.lifted_at, block.lifted_by) if block.lifted_at else "–"

    def get_search_results(
        self, request: HttpRequest, queryset: Blocks, search_term: str
    ) -> tuple[Blocks, bool]:
        """Return those of this very source, as it is kept or as it is shown."""
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(source__in=_sources(term)) if term else queryset), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return lifting, for those who may."""
        return bulk_actions(request, LIFTING)

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of adding, the file and the export."""
        guarded = self.admin_site.admin_view
        return [
            path("block/", guarded(self.block_view), name="fraud_block"),
            path("import/", guarded(self.import_view), name="fraud_block_import"),
            path("export/", guarded(self.export_view), name="fraud_block_export"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the ways to add to it and to take it along."""
        more = {
            **(extra_context or {}),
            "shown": request.GET.get("show", ""),
            "may_block": request.user.has_perm(ADD),
        }
        return super().changelist_view(request, more)

    def block_view(self, request: HttpRequest) -> HttpResponse:
        """Block one identifier by its value."""
        _demand(self, request, ADD)
        form = BlockForm(request.POST if request.method == "POST" else None)
        digest = form.digest() if form.is_valid() else None
        if digest is not None:
            said = form.cleaned_data
            try:
                added = block_digests(
                    digests=[digest],
                    reason=said["reason"],
                    source=SOURCE_BY_HAND,
                    by=request.user.get_username(),
                    now=datetime.now(UTC),
                    expires_at=said["expires_at"],
                )
            except Refusal as refusal:
                form.add_error(None, nothing_changed(refusal))
            else:
                _say(request, added, 1)
                return HttpResponseRedirect(reverse(LIST))
        return _page(self, request, _("Block an identifier"), form)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Block what a file holds."""
        _demand(self, request, ADD)
        posted = request.method == "POST"
        form = FileForm(request.POST, request.FILES) if posted else FileForm()
        errors: list[blocks_csv.RowError] = []
        if form.is_valid():
            now, file = datetime.now(UTC), form.cleaned_data["file"]
            blocks, errors = blocks_csv.blocks_in(file, now=now)
            if not errors:
                added = import_blocks(
                    blocks=blocks,
                    source=f"file {file.name}"[:64],
                    by=request.user.get_username(),
                    now=now,
                )
                _say(request, added, len(blocks))
                return HttpResponseRedirect(reverse(LIST))
        return _page(self, request, _("Block what a file holds"), form, errors=errors)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send the list as a file, without values: none are kept."""
        _demand(self, request)
        rows = self.get_queryset(request).select_related("identifier").order_by("id")
        zone = timezone.get_current_timezone()
        may_unmask = request.user.has_perm(UNMASK)
        record_access(
            subscriber_id=None,
            what=["block list", *([HINTS] if may_unmask else [])],
            by=request.user.get_username(),
            reason="Export of the block list",
            now=datetime.now(UTC),
        )

        def lines() -> Iterator[str]:
            with timezone.override(zone):
                yield from csv_lines(
                    blocks_csv.EXPORTED,
                    (
                        blocks_csv.exported(block, with_hint=may_unmask)
                        for block in rows.iterator(chunk_size=2000)
                    ),
                )

        return csv_file(lines(), "block-list.csv")


def _sources(term: str) -> list[str]:
    """Sources that are kept like this, or told like this in the reader's language."""
    number = "".join(each for each in term if each in "0123456789")
    kept = [SOURCE_BY_HAND, SOURCE_OF_CROWDS, f"case {number}"]
    return [term, *(each for each in kept if translated(each).casefold() == term.casefold())]


def _lift_shown(block: BlockedIdentifier, now: datetime) -> RowShown:
    digest = bytes(block.identifier.digest).hex()[:10]
    shown = f"{KIND_WORDS[block.identifier.kind]} {digest}"
    cells = (shown, block.reason, translated(block.source))
    if block.lifted_at is not None:
        return RowShown(cells, _("It is lifted already."), applies=False)
    if block.expires_at is not None and block.expires_at <= now:
        return RowShown(cells, _("It has expired and stops nothing: it will be marked as lifted."))
    return RowShown(cells, _("Benefits that come with it are not refused for it any more."))


def _lift(ids: Sequence[Any], given: Given) -> str:
    lifted = lift_blocks(block_ids=ids, **given._asdict())
    words = ngettext("%(n)s block is lifted.", "%(n)s blocks are lifted.", lifted)
    return words % {"n": lifted}


LIFTING = BulkStep(
    "lift",
    gettext_lazy("Lift"),
    gettext_lazy("Lift blocks"),
    gettext_lazy(
        "Identifiers that are lifted stop nothing from now on. Within an hour the screen looks"
        " again at what it alone has stopped because of them, ends its marks and lets out what"
        " nothing else stops. What a person decided stays, and declined redemptions stay declined."
    ),
    LIFT,
    (gettext_lazy("Identifier"), gettext_lazy("Reason"), gettext_lazy("Source")),
    _lift_shown,
    _lift,
    is_grave=True,
)


def _demand(admin: BlockAdmin, request: HttpRequest, *permissions: str) -> None:
    if not (admin.has_view_permission(request) and request.user.has_perms(permissions)):
        raise PermissionDenied


def _page(
    admin: BlockAdmin,
    request: HttpRequest,
    title: str,
    form: forms.Form,
    errors: list[blocks_csv.RowError] | None = None,
) -> HttpResponse:
    context = {
        **frame(admin, request, None, title),
        "form": form,
        "row_errors": errors or [],
        "errors_shown": (errors or [])[: blocks_csv.ERRORS_SHOWN],
        "back": reverse(LIST),
    }
    return TemplateResponse(request, "fraud/admin/block.html", context)


def _say(request: HttpRequest, added: int, asked: int) -> None:
    words = ngettext("%(n)s identifier is blocked.", "%(n)s identifiers are blocked.", added)
    messages.success(request, words % {"n": added})
    if added < asked:
        rest = asked - added
        words = ngettext(
            "%(n)s was on the list already and stays as it is.",
            "%(n)s were on the list already and stay as they are.",
            rest,
        )
        messages.info(request, words % {"n": rest})


def _moment_by(at: datetime | None, who: str | None) -> SafeString:
    assert at is not None, "asked for only where there is one"
    return format_html(
        '<span class="moment">{}</span> <span class="soft small">{}</span>',
        moment_shown(at),
        actor_of(who),
    )
