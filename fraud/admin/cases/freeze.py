"""Freeze what may still be paid to a subscriber, or to accounts linked to them; or let it go on."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.amounts import roubles_shown
from fraud.admin.cases.page import linked_of, parties_of
from fraud.admin.cases.steps import address, demand, found
from fraud.admin.forms import ReasonForm
from fraud.admin.people import FREEZE
from fraud.admin.words import nothing_changed
from fraud.models import Case
from fraud.operations.stop_payouts import freeze_payouts_of, unfreeze_payouts_of
from fraud.queries.benefits import Stoppable, stoppable_payouts
from kernel.refusals import Refusal


class Way(NamedTuple):
    """Freezing, or its opposite."""

    title: Any
    explanation: Any
    none: Any
    status: str
    take: Callable[..., int]
    done: Callable[[int], str]


WAYS: Mapping[str, Way] = {
    "freeze": Way(
        _("Freeze open payouts"),
        _(
            "Instalments that are due wait until the payouts are unfrozen. What is requested or in "
            "review is held already."
        ),
        _("None of the accounts shown has a cleared payout that could be frozen."),
        "cleared",
        freeze_payouts_of,
        lambda n: ngettext("%(n)s payout is frozen.", "%(n)s payouts are frozen.", n),
    ),
    "unfreeze": Way(
        _("Unfreeze payouts"),
        _("What became due meanwhile is paid by the next run of the clock."),
        _("None of the accounts shown has a frozen payout."),
        "frozen",
        unfreeze_payouts_of,
        lambda n: ngettext("%(n)s payout goes on.", "%(n)s payouts go on.", n),
    ),
}


class AccountsForm(ReasonForm):
    """Whose payouts, and why."""

    accounts = forms.TypedMultipleChoiceField(
        label=_("Accounts"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one account.")},
    )
    field_order = ["accounts", "reason"]

    def __init__(self, *args: Any, choices: list[tuple[int, SafeString]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["accounts"].choices = choices  # type: ignore[attr-defined]


def page(admin: ModelAdmin[Case], request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Ask whose payouts and why; then stop them, or let them go on."""
    way = WAYS.get(name)
    if way is None:
        raise Http404
    demand(admin, request, FREEZE)
    case = found(admin, request, case_id)
    now = datetime.now(UTC)
    names = {account.id: account.name for account in linked_of(case, now).accounts}
    worth = stoppable_payouts(subscriber_ids=list(names), status=way.status)
    parties = parties_of(case)
    said = request.POST if request.method == "POST" else None
    form = AccountsForm(
        said,
        initial={"accounts": [key for key in worth if key in parties]},
        choices=[(key, _choice(names[key], worth[key])) for key in names if key in worth],
    )
    if form.is_valid() and _taken(request, form, way, now):
        return HttpResponseRedirect(address(case_id))
    context = {
        **frame(admin, request, case, way.title),
        "step": way,
        "form": form,
        "is_empty": not worth,
        "back": address(case_id),
    }
    return TemplateResponse(request, "fraud/admin/ask.html", context)


def _taken(request: HttpRequest, form: AccountsForm, way: Way, now: datetime) -> bool:
    said = form.cleaned_data
    try:
        done = way.take(
            subscriber_ids=said["accounts"],
            reason=said["reason"],
            by=request.user.get_username(),
            now=now,
        )
    except Refusal as refusal:
        form.add_error(None, nothing_changed(refusal))
        return False
    messages.success(request, way.done(done) % {"n": done})
    return True


def _choice(name: str, worth: Stoppable) -> SafeString:
    words = ngettext("%(n)s payout", "%(n)s payouts", worth.number) % {"n": worth.number}
    return format_html(
        '{} <span class="soft small">{}, {}</span>', name, words, roubles_shown(worth.value_minor)
    )
