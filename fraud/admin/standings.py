"""What is thought of subscribers, and the rules that are silent about them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from accounts.queries.subscribers import NoSuchSubscriber, subscriber_called
from doors.admin.bulk import BulkStep, Given, RowShown, bulk_actions
from doors.admin.frame import frame
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.translation import translated
from fraud.admin import standing_page
from fraud.admin.forms import REASON_MAX
from fraud.admin.words import STANDINGS, nothing_changed, rule_title
from fraud.models import RuleSnooze, SubscriberStanding
from fraud.operations.end_rule_snoozes import end_rule_snoozes
from fraud.operations.set_standings import set_standings
from kernel.refusals import Refusal
from loyalty.admin.filters import of_subscriber
from loyalty.admin.gate.words import ACTORS, actor_of, colours_of, label_of
from loyalty.admin.links import statement_link

SET, END = "fraud.change_subscriberstanding", "fraud.change_rulesnooze"
LIST = "admin:fraud_subscriberstanding_changelist"


class StandingForm(forms.Form):
    """Whose standing, which, and why."""

    subscriber = forms.CharField(
        label=gettext_lazy("Subscriber id"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "field-input field-wide", "autocomplete": "off"}),
    )
    standing = forms.ChoiceField(
        label=gettext_lazy("Standing"),
        choices=[(name, word.text) for name, word in STANDINGS.items()],
        widget=forms.Select(attrs={"class": "field-input"}),
        help_text=gettext_lazy(
            "Watched: every benefit is reviewed. Blocked: every benefit is refused. What was "
            "cleared before goes on being paid until somebody freezes it."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"class": "field-input field-area", "rows": 3}),
    )


@admin.register(SubscriberStanding)
class StandingAdmin(ReadOnlyAdmin[SubscriberStanding]):
    """Subscribers who were said to be anything but normal, or are again."""

    trail_kind = "standing"
    list_display = (
        "of_subscriber",
        "standing_word",
        "reason_said",
        "set_at",
        "set_by_whom",
        "opened",
    )
    # The subscriber's id leads to the statement.
    list_display_links = None
    list_filter = (("standing", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_before_template = "fraud/admin/standings_head.html"
    list_select_related = ("subscriber",)
    ordering = ("-set_at",)
    search_fields = ("subscriber__external_id",)
    search_help_text = gettext_lazy("Subscriber id")
    empty_sentence = gettext_lazy("Everybody is in normal standing.")

    @column(description=gettext_lazy("Subscriber"))
    def of_subscriber(self, row: SubscriberStanding) -> SafeString:
        """Return whose standing this is."""
        return statement_link(row.subscriber)

    @column(description=gettext_lazy("Standing"), label=colours_of(STANDINGS))
    def standing_word(self, row: SubscriberStanding) -> tuple[str, Any]:
        """Return the standing, coloured."""
        return label_of(STANDINGS, row.standing)

    @column(description=gettext_lazy("Reason"))
    def reason_said(self, row: SubscriberStanding) -> str:
        """Return the reason; the program's own in the reader's language."""
        return translated(row.reason) if row.set_by in ACTORS else row.reason

    @column(description=gettext_lazy("Set by"))
    def set_by_whom(self, row: SubscriberStanding) -> str:
        """Return who has set it."""
        return str(actor_of(row.set_by))

    @column(description=gettext_lazy("Page"))
    def opened(self, row: SubscriberStanding) -> SafeString:
        """Return the way to how it came about."""
        address = reverse("admin:fraud_subscriberstanding_change", args=[row.pk])
        return format_html('<a class="link" href="{}">{}</a>', address, pgettext("link", "Open"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SubscriberStanding], search_term: str
    ) -> tuple[QuerySet[SubscriberStanding], bool]:
        """Return that of the subscriber with this id."""
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(of_subscriber(term)) if term else queryset), False

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and that of setting one."""
        view = self.admin_site.admin_view(self.set_view)
        return [path("set/", view, name="fraud_standing_set"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the way to set one."""
        more = {**(extra_context or {}), "may_set": request.user.has_perm(SET)}
        return super().changelist_view(request, more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubscriberStanding]:
        """Return standings with whose they are."""
        return super().get_queryset(request).select_related("subscriber")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one standing with its history."""
        return standing_page.show(self, request, object_id, request.user.has_perm(SET))

    def set_view(self, request: HttpRequest) -> HttpResponse:
        """Set the standing of a subscriber."""
        if not (self.has_view_permission(request) and request.user.has_perm(SET)):
            raise PermissionDenied
        said = request.POST if request.method == "POST" else None
        form = StandingForm(said, initial={"subscriber": request.GET.get("subscriber", "")})
        if form.is_valid():
            subscriber_id = _set(request, form)
            if subscriber_id is not None:
                return HttpResponseRedirect(self._shown_at(subscriber_id))
        context = {
            **frame(self, request, None, _("Set a standing")),
            "form": form,
            "back": reverse(LIST),
        }
        return TemplateResponse(request, "fraud/admin/block.html", context)

    def _shown_at(self, subscriber_id: int) -> str:
        """Where a standing is shown; the list for who was and stays in normal standing."""
        if SubscriberStanding.objects.filter(pk=subscriber_id).exists():
            return reverse("admin:fraud_subscriberstanding_change", args=[subscriber_id])
        return reverse(LIST)


class SilentFilter(DropdownFilter):  # type: ignore[misc]
    """Snoozes that still silence their rule, or not."""

    title = gettext_lazy("silent")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return [("silent", gettext_lazy("silent now")), ("over", gettext_lazy("over"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RuleSnooze]
    ) -> QuerySet[RuleSnooze]:
        """Return those of the state."""
        is_silent = Q(until__gt=datetime.now(UTC), ended_at__isnull=True)
        condition = {"silent": is_silent, "over": ~is_silent}.get(self.value() or "")
        return queryset.filter(condition) if condition is not None else queryset


@admin.register(RuleSnooze)
class SnoozeAdmin(ReadOnlyAdmin[RuleSnooze]):
    """Rules that a false positive has silenced about a subscriber."""

    trail_kind = "silenced_rule"
    list_display = (
        "rule_title",
        "of_subscriber",
        "until",
        "reason",
        "set_at",
        "set_by",
        "ended_at",
        "ended_by",
    )
    list_filter = (SilentFilter,)
    list_filter_submit = True
    list_select_related = ("subscriber",)
    ordering = ("-id",)
    search_fields = ("subscriber__external_id",)
    search_help_text = gettext_lazy("Subscriber id")
    empty_sentence = gettext_lazy("A verdict of a false positive can silence rules for a while.")

    @column(description=gettext_lazy("Rule"))
    def rule_title(self, row: RuleSnooze) -> str:
        """Return what the rule is called."""
        return rule_title(row.rule)

    @column(description=gettext_lazy("Subscriber"))
    def of_subscriber(self, row: RuleSnooze) -> SafeString:
        """Return about whom it is silent."""
        return statement_link(row.subscriber)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[RuleSnooze], search_term: str
    ) -> tuple[QuerySet[RuleSnooze], bool]:
        """Return those of the subscriber with this id."""
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(of_subscriber(term)) if term else queryset), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return ending early, for those who may."""
        return bulk_actions(request, ENDING)


def _set(request: HttpRequest, form: StandingForm) -> int | None:
    """Set it; the subscriber's key, or None where the form says what is wrong."""
    said = form.cleaned_data
    try:
        subscriber = subscriber_called(said["subscriber"])
        changed = set_standings(
            subscriber_ids=[subscriber.pk],
            standing=said["standing"],
            reason=said["reason"],
            by=request.user.get_username(),
            now=datetime.now(UTC),
        )
    except NoSuchSubscriber as refusal:
        form.add_error("subscriber", translated(refusal.detail))
        return None
    except Refusal as refusal:
        form.add_error(None, nothing_changed(refusal))
        return None
    word = {"who": subscriber.external_id, "standing": STANDINGS[said["standing"]].text}
    if changed:
        messages.success(request, _("%(who)s is %(standing)s now.") % word)
    else:
        messages.info(request, _("%(who)s is %(standing)s already.") % word)
    return subscriber.pk


def _end_shown(row: RuleSnooze, now: datetime) -> RowShown:
    cells = (rule_title(row.rule), row.subscriber.external_id, row.reason)
    if row.ended_at is not None or row.until <= now:
        return RowShown(cells, _("It acts already."), applies=False)
    return RowShown(cells, _("It acts again from the next screening on."))


def _end(ids: Sequence[Any], given: Given) -> str:
    ended = end_rule_snoozes(snooze_ids=ids, **given._asdict())
    words = ngettext("%(n)s rule acts again.", "%(n)s rules act again.", ended)
    return words % {"n": ended}


ENDING = BulkStep(
    "end",
    gettext_lazy("Let the rules act again"),
    gettext_lazy("Let silenced rules act again"),
    gettext_lazy(
        "Whatever is screened from now on meets these rules again. What was screened before stays "
        "as it was judged."
    ),
    END,
    (gettext_lazy("Rule"), gettext_lazy("Subscriber"), gettext_lazy("Why it was silenced")),
    _end_shown,
    _end,
)
