"""Call off terms that have not begun; bring an earlier version back as a draft."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from doors.translation import translated
from kernel.refusals import Refusal
from loyalty.admin.terms import pages
from loyalty.admin.terms.forms import NoteForm, WithdrawalForm
from loyalty.admin.terms.states import BEFORE, SCHEDULED
from loyalty.admin.terms.steps import demand, in_words, page_of
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import TermsNotScheduled, draft_terms, withdraw_terms
from loyalty.queries.terms import terms_calendar

if TYPE_CHECKING:
    from loyalty.admin.terms.admin import TermsAdmin


def withdraw(admin: "TermsAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Call off what was to begin later; its page says what stays in force."""
    found, now = _found(admin, request, number), datetime.now(UTC)
    demand(admin.may_withdraw(request, found))
    standing = pages.standing(admin, request, found, now)
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if standing["state"] != SCHEDULED:
        messages.error(request, translated(TermsNotScheduled.title))
        return page_of(number)
    if form.is_valid():
        by, reason = request.user.get_username(), form.cleaned_data["reason"]
        try:
            withdraw_terms(number=number, by=by, reason=reason, now=now)
        except Refusal as refusal:
            messages.error(request, in_words(refusal))
        else:
            admin.log_change(request, found, "Withdrawn.")
            said = _("Version %(number)s is withdrawn: it will not begin.")
            messages.success(request, said % {"number": number})
        return page_of(number)
    before = pages.before(found)
    context = {
        **standing,
        "title": _("Withdraw version %(number)s") % {"number": number},
        "form": form,
        "stays": before.number,
        "difference": pages.difference(before, pages.numbered(number)),
    }
    return TemplateResponse(request, "loyalty/admin/terms/withdraw.html", context)


def roll_back(admin: "TermsAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Make a draft that says what an earlier version said."""
    demand(admin.may_draft(request))
    found, now = _found(admin, request, number), datetime.now(UTC)
    standing = pages.standing(admin, request, found, now)
    if standing["state"] != BEFORE:
        messages.error(request, _("Only terms that were in force before can be rolled back to."))
        return page_of(number)
    proposed = _("Back to version %(number)s.") % {"number": number}
    form = NoteForm(request.POST if request.method == "POST" else None, initial={"note": proposed})
    if form.is_valid():
        try:
            made = draft_terms(
                content=found.content,
                note=form.cleaned_data["note"],
                by=request.user.get_username(),
            )
        except Refusal as refusal:
            messages.error(request, in_words(refusal))
            return page_of(number)
        admin.log_addition(request, made, f"Drafted to go back to version {number}.")
        said = _(
            "Version %(made)s is a draft that says what version %(number)s says. Propose it;"
            " another person puts it in force."
        )
        messages.success(request, said % {"made": made.number, "number": number})
        return page_of(made.number)
    context = {
        **standing,
        "title": _("Roll back to version %(number)s") % {"number": number},
        "form": form,
        "difference": pages.difference(terms_calendar().at(now), pages.numbered(number)),
    }
    return TemplateResponse(request, "loyalty/admin/terms/roll_back.html", context)


def _found(admin: "TermsAdmin", request: HttpRequest, number: int) -> TermsVersion:
    found: TermsVersion | None = admin.get_object(request, str(number))
    if found is None:
        raise Http404
    return found
