"""Subscribers: what billing states of them, read-only."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.admin.filters import (
    IdentifierFilter,
    PlanFilter,
    RegionFilter,
    VerificationFilter,
    identifier_asked,
)
from accounts.admin.personal import LOOKS, Look, ask
from accounts.admin.search import is_phone_number, line_with
from accounts.models import Subscriber
from accounts.queries.accesses import hints_shown_to
from accounts.queries.identifiers import identifiers_of
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column
from doors.moments import day_shown

STATUS_COLOURS = {"active": "success", "suspended": "warning", "closed": "danger"}

# Named here, so that an app above adds what it knows.
COLUMNS: tuple[str, ...] = (
    "external_id",
    "status_word",
    "plan",
    "region",
    "verified",
    "activated_on",
)
FILTERS: tuple[Any, ...] = (
    ("status", ChoicesDropdownFilter),
    PlanFilter,
    RegionFilter,
    VerificationFilter,
    IdentifierFilter,
)


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin[Subscriber]):
    """Subscribers as billing describes them; nobody edits that here."""

    list_display = COLUMNS
    list_filter = FILTERS
    list_filter_submit = True
    empty_sentence = _("Billing reports subscribers over the API, or in an imported file.")
    ordering = ("-id",)
    sortable_by = ("external_id",)
    search_fields = ("external_id",)
    search_help_text = _("Subscriber id, or a phone number")
    change_list_template = "admin/accounts/subscriber/change_list.html"
    change_form_outer_after_template = "accounts/admin/subscriber_history.html"
    compressed_fields = True
    fieldsets = (
        (
            _("What billing says"),
            {
                "fields": (
                    ("external_id", "status_word"),
                    ("plan", "region"),
                    ("activated_at", "closed_at"),
                    ("country", "contract"),
                    ("phone_verified", "identity_verified"),
                    ("created_at", "updated_at"),
                )
            },
        ),
    )
    readonly_fields = ("status_word", "country", "contract")

    @column(description=_("Status"), label=STATUS_COLOURS)
    def status_word(self, subscriber: Subscriber) -> tuple[str, str]:
        """Return the status, coloured."""
        return subscriber.status, subscriber.get_status_display()

    @column(description=_("Country of the number"))
    def country(self, subscriber: Subscriber) -> str:
        """Return the country that the number belongs to."""
        return subscriber.msisdn_country or "–"

    @column(description=_("Verified"))
    def verified(self, subscriber: Subscriber) -> str:
        """Return what the operator has verified."""
        words = [_("phone")] if subscriber.phone_verified else []
        words += [_("identity")] if subscriber.identity_verified else []
        return ", ".join(map(str, words)) or "–"

    @column(description=_("Activated"))
    def activated_on(self, subscriber: Subscriber) -> str:
        """Return the day of the activation."""
        return day_shown(subscriber.activated_at)

    @column(description=_("Contract"))
    def contract(self, subscriber: Subscriber) -> str:
        """Return how long it was made for, and until when it stands."""
        if subscriber.contract_months is None:
            return "–"
        ends_on = subscriber.contract_ends_on
        return ngettext(
            "%(months)s month, until %(end)s",
            "%(months)s months, until %(end)s",
            subscriber.contract_months,
        ) % {
            "months": subscriber.contract_months,
            "end": date_format(ends_on, "DATE_FORMAT") if ends_on else "–",
        }

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        """Return whose id begins so: the index answers that, whatever the size of the table."""
        term = search_term.strip()
        return (queryset.filter(external_id__startswith=term) if term else queryset), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or find whoever was typed into the search field.

        The field posts, and a phone number never stands in an address: addresses are logged,
        shown and remembered. One that was put there by hand is replaced at once.
        """
        if request.method == "POST":
            return self._found(request, request.POST.get("q", ""))
        typed = request.GET.get("q", "")
        if typed and is_phone_number(typed):
            return self._found(request, typed)
        seen_with = identifier_asked(request.GET.get("identifier", ""))
        more = {**(extra_context or {}), "seen_with": seen_with}
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one subscriber, the periods of their status and what they were seen with."""
        subscriber = self.get_object(request, object_id)
        more = dict(extra_context or {})
        if subscriber is not None and self.has_view_permission(request, subscriber):
            more["status_periods"] = subscriber.status_periods.order_by("-starts_at")[:100]
            more["identifiers"] = identifiers_of(subscriber_id=subscriber.pk)
            more["shown_hints"] = hints_shown_to(
                subscriber_id=subscriber.pk,
                by=request.user.get_username(),
                now=datetime.now(UTC),
            )
            more["looks"] = self._looks_for(request, subscriber)
        return super().change_view(request, object_id, form_url, more)

    def looks(self) -> dict[str, Look]:
        """Return what may be done with personal data, by its name in addresses."""
        return LOOKS

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and those of what is asked for with a reason."""
        asked = self.admin_site.admin_view(self.look_view)
        return [
            path("<int:subscriber_pk>/personal/<slug:name>/", asked, name="accounts_look"),
            *super().get_urls(),
        ]

    def look_view(self, request: HttpRequest, subscriber_pk: int, name: str) -> HttpResponse:
        """Ask why, and show or do what was asked for."""
        look = self.looks().get(name)
        if look is None:
            raise Http404
        return ask(self, request, subscriber_pk, look)

    def _looks_for(self, request: HttpRequest, subscriber: Subscriber) -> dict[str, Any]:
        """What this user may ask for, by name: its address. Of the erased nothing is left."""
        if hasattr(subscriber, "erasure"):
            return {"erased_at": subscriber.erasure.erased_at}
        return {
            name: reverse("admin:accounts_look", args=[subscriber.pk, name])
            for name, look in self.looks().items()
            if request.user.has_perm(look.permission)
        }

    def _found(self, request: HttpRequest, typed: str) -> HttpResponse:
        term = typed.replace("\x00", "").strip()
        query = QueryDict(mutable=True)
        line = line_with(term)
        if line is not None and not _is_an_id(term):
            query["identifier"] = str(line.pk)
        elif is_phone_number(term) and not _is_an_id(term):
            messages.warning(
                request,
                _("No subscriber has this phone number, and no subscriber id begins with it."),
            )
        elif term:
            query["q"] = term
        encoded = query.urlencode()
        return HttpResponseRedirect(f"{request.path}?{encoded}" if encoded else request.path)


def _is_an_id(term: str) -> bool:
    return Subscriber.objects.filter(external_id__startswith=term).exists()
