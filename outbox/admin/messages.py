"""Messages: how far each is, every attempt at it, and the dead sent again."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from doors.admin.bulk import BulkStep, Given, RowShown, bulk_actions
from doors.admin.readonly import ReadOnlyAdmin, ReadOnlyTable
from doors.admin.theme import column
from doors.moments import moment_shown
from outbox.admin.figures import with_lag
from outbox.models import Attempt, Message
from outbox.operations.revive_messages import revive_messages
from outbox.policy.endpoints import ENABLED
from outbox.policy.retries import DEAD
from outbox.policy.signing import message_id

STATUS_COLOURS = {
    "pending": "info",
    "delivered": "success",
    "dead": "danger",
    "cancelled": "warning",
}
_CALLED = re.compile(r"(?:msg_)?([0-9]{1,18})")


class AttemptTable(ReadOnlyTable[Attempt, Message]):
    """Every attempt at a message, the first one first."""

    model = Attempt
    fields = ("number", "made_at", "answer", "error", "milliseconds")
    readonly_fields = fields
    ordering = ("id",)
    hide_title = True
    verbose_name_plural = _("Attempts")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    """What webhooks are sent."""

    list_display = (
        "called", "webhook", "name", "event_id", "status_word", "attempts_made", "last_said",
        "next_at", "announced",
    )  # fmt: skip
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("endpoint", RelatedDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("endpoint",)
    list_before_template = "admin/figures.html"
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = _("A webhook-id such as msg_4711")
    empty_sentence = _("A message appears here once something is announced that a webhook hears.")
    inlines = (AttemptTable,)
    fields = (
        "called", "webhook", "name", "event_id", "lane", "status", "attempts_made", "last_said",
        "next_at", "announced_at", "written_at", "ended_at", "body",
    )  # fmt: skip
    readonly_fields = fields

    @column(description=_("Message"))
    def called(self, message: Message) -> str:
        """Return its webhook-id."""
        return message_id(message.pk)

    @column(description=_("Status"), label=STATUS_COLOURS)
    def status_word(self, message: Message) -> tuple[str, str]:
        """Return the status, coloured."""
        return message.status, message.get_status_display()

    @column(description=_("Last answer"))
    def last_said(self, message: Message) -> str:
        """Return what came of the last attempt."""
        if message.last_error:
            return message.last_error
        return f"HTTP {message.last_status}" if message.last_status else "–"

    @column(description=_("Next attempt"))
    def next_at(self, message: Message) -> str:
        """Return when it is tried again, if it is."""
        if message.ended_at is not None:
            return "–"
        return moment_shown(message.next_attempt_at, with_seconds=True)

    @column(description=_("Webhook"))
    def webhook(self, message: Message) -> SafeString:
        """Return whom it is for."""
        page = reverse("admin:outbox_endpoint_change", args=[message.endpoint_id])
        return format_html('<a class="link nowrap" href="{}">{}</a>', page, message.endpoint)

    @column(description=_("Announced"))
    def announced(self, message: Message) -> str:
        """Return when it was announced."""
        return moment_shown(message.announced_at, with_seconds=True)

    @column(description=_("Items"))
    def body(self, message: Message) -> SafeString:
        """Return what it says."""
        said = json.dumps(message.items, indent=2, ensure_ascii=False)
        return format_html('<pre class="long-text">{}</pre>', said)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return sending again, for those who may."""
        return bulk_actions(request, SEND_AGAIN)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """Return the message so called."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        match = _CALLED.fullmatch(term)
        return (queryset.filter(pk=int(match[1])) if match else queryset.none()), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under the figures of the lag."""
        return super().changelist_view(request, with_lag(extra_context, datetime.now(UTC)))


def _shown(message: Message, now: datetime) -> RowShown:
    cells = (message_id(message.pk), str(message.endpoint), message.get_status_display())
    if message.status != DEAD:
        return RowShown(cells, _("Left as it is: it was not given up on."), applies=False)
    if message.endpoint.status != ENABLED:
        return RowShown(cells, _("Left as it is: its webhook is switched off."), applies=False)
    return RowShown(cells, _("It is sent again at once."))


def _send_again(ids: Sequence[Any], given: Given) -> str:
    revived = revive_messages(message_ids=ids, **given._asdict())
    said = ngettext(
        "%(count)d dead message is sent again.", "%(count)d dead messages are sent again.", revived
    )
    return said % {"count": revived}


SEND_AGAIN = BulkStep(
    "send_again",
    _("Send dead messages again"),
    _("Send dead messages again"),
    _("Each goes out under the id that it had, before later ones, with all its attempts anew."),
    "outbox.change_endpoint",
    (_("Message"), _("Webhook"), _("Status")),
    _shown,
    _send_again,
    most=1000,
)
