"""Steps from a draft to active terms: each translates in, calls one verb, and translates out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from doors.admin.reading import digest_read
from doors.translation import translated
from kernel.refusals import Refusal
from kernel.two_persons import ChangedSinceRead
from loyalty.admin.terms import pages
from loyalty.admin.terms.forms import ActivationForm, TermsForm, next_month
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import (
    SecondPersonNeeded,
    TermsBeginInThePast,
    activate_terms,
    change_draft,
    draft_terms,
    propose_terms,
    return_terms,
)
from loyalty.policy.terms import Terms
from loyalty.queries.terms import terms_as_shown, terms_calendar

if TYPE_CHECKING:
    from loyalty.admin.terms.admin import TermsAdmin


def draft(admin: "TermsAdmin", request: HttpRequest) -> HttpResponse:
    """Make a draft from a version, by default from the one in force."""
    demand(admin.may_draft(request))
    asked = request.GET.get("from", "")
    known = [number for number in pages.numbers() if str(number) == asked]
    source = known[0] if known else terms_calendar().at(datetime.now(UTC)).number
    form = TermsForm(request.POST or None, terms=pages.numbered(source).terms)
    if form.is_valid():
        try:
            made = draft_terms(
                content=form.content(),
                note=form.cleaned_data["note"],
                by=request.user.get_username(),
            )
        except Refusal as refusal:
            form.add_error(None, translated(refusal.detail))
        else:
            admin.log_addition(request, made, f"Drafted from version {source}.")
            said = _("Version %(number)s is a draft. Propose it once it is ready.")
            messages.success(request, said % {"number": made.number})
            return page_of(made.number)
    title = _("Draft from version %(number)s") % {"number": source}
    return _form_page(admin, request, form, title, None)


def edit(admin: "TermsAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Change what a draft says."""
    demand(admin.may_draft(request))
    found = admin.get_object(request, str(number))
    if found is None or found.status != "draft":
        messages.error(request, _("Only a draft can be changed. Make a new one from this version."))
        return page_of(number)
    terms = Terms.from_content(found.content)
    form = TermsForm(request.POST or None, terms=terms, initial={"note": found.note})
    if form.is_valid():
        try:
            change_draft(
                number=number,
                content=form.content(),
                note=form.cleaned_data["note"],
                by=request.user.get_username(),
            )
        except Refusal as refusal:
            form.add_error(None, translated(refusal.detail))
        else:
            admin.log_change(request, found, "Changed the draft.")
            messages.success(request, _("The draft was saved."))
            return page_of(number)
    title = _("Change draft %(number)s") % {"number": number}
    return _form_page(admin, request, form, title, found)


def propose(admin: "TermsAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Submit a draft to a second person."""
    demand(admin.may_draft(request))
    by, now = request.user.get_username(), datetime.now(UTC)
    return _step(
        admin,
        request,
        number,
        lambda: propose_terms(number=number, digest=digest_read(request), by=by, now=now),
        _("Version %(number)s is proposed. Another person can put it in force."),
        "Proposed.",
    )


def send_back(admin: "TermsAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Make a draft of a proposal again; whoever may activate it may send it back too."""
    demand(admin.may_draft(request) or admin.may_activate(request))
    return _step(
        admin,
        request,
        number,
        lambda: return_terms(number=number),
        _("Version %(number)s is a draft again."),
        "Sent back.",
    )


def activate(admin: "TermsAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Ask from when on, and put a proposal in force."""
    demand(admin.may_activate(request))
    found = admin.get_object(request, str(number))
    if found is None or found.status != "proposed":
        messages.error(request, _("Only proposed terms can be put in force."))
        return page_of(number)
    now, by = datetime.now(UTC), request.user.get_username()
    form = ActivationForm(request.POST or None, initial={"effective_from": next_month(now)})
    if form.is_valid():
        begins = form.cleaned_data["effective_from"]
        try:
            activate_terms(
                number=number,
                digest=digest_read(request),
                effective_from=begins,
                by=by,
                now=now,
            )
        except TermsBeginInThePast:
            form.add_error(
                "effective_from",
                _("Terms begin in the future, and at another moment than any other version."),
            )
        except Refusal as refusal:
            form.add_error(None, in_words(refusal))
        else:
            admin.log_change(request, found, f"Activated from {begins.isoformat()}.")
            said = _(
                "Version %(number)s is in force from %(moment)s on; it can be withdrawn before."
            )
            moment = date_format(begins, "DATETIME_FORMAT")
            messages.success(request, said % {"number": number, "moment": moment})
            return page_of(number)
    in_force = terms_calendar().at(now)
    context = {
        **pages.frame(admin, request, found),
        "title": _("Put version %(number)s in force") % {"number": number},
        "version": found,
        "form": form,
        "is_own": pages.is_own(found, by),
        "digest": terms_as_shown(found, now=now),
        "scheduled": pages.scheduled(now),
        "difference": pages.difference(in_force, pages.numbered(number)),
    }
    return TemplateResponse(request, "loyalty/admin/terms/activate.html", context)


def _step(
    admin: "TermsAdmin",
    request: HttpRequest,
    number: int,
    verb: Callable[[], TermsVersion],
    success: Any,
    logged: str,
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        version = verb()
    except Refusal as refusal:
        messages.error(request, in_words(refusal))
    else:
        admin.log_change(request, version, logged)
        messages.success(request, success % {"number": number})
    return page_of(number)


def in_words(refusal: Refusal) -> str:
    """Why a step was not taken, as its reader would say it."""
    if isinstance(refusal, SecondPersonNeeded):
        return str(
            _(
                "You have drafted, changed or proposed these terms: another person has to put them"
                " in force."
            )
        )
    if isinstance(refusal, ChangedSinceRead):
        return str(
            _(
                "The terms, those in force or those that are scheduled have changed since you"
                " opened the page. Read them again."
            )
        )
    return translated(refusal.detail)


def demand(permission: bool) -> None:
    """Go on only with a permission.

    Raises:
        PermissionDenied: this user has none.
    """
    if not permission:
        raise PermissionDenied


def page_of(number: int) -> HttpResponseRedirect:
    """The way to a version's page."""
    return HttpResponseRedirect(reverse("admin:loyalty_termsversion_change", args=[number]))


def _form_page(
    admin: "TermsAdmin",
    request: HttpRequest,
    form: TermsForm,
    title: Any,
    original: TermsVersion | None,
) -> HttpResponse:
    context = {**pages.frame(admin, request, original), "title": title, "form": form}
    return TemplateResponse(request, "loyalty/admin/terms/form.html", context)
