"""Steps from a draft to a proposal: each translates in, calls one verb, translates out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doors.admin.frame import frame
from doors.admin.reading import digest_read
from doors.translation import translated
from fraud.admin.rule_sets import pages
from fraud.admin.rule_sets.forms import RuleSetForm
from fraud.admin.rule_sets.people import demand, may_approve, may_draft
from fraud.models import RuleSetVersion
from fraud.operations import change_rule_sets as verbs
from fraud.policy.rulesets import (
    RuleSetIsFixed,
    RuleSetNeedsSecondPerson,
    RuleSetNotInShadow,
    RuleSetNotProposed,
    RuleSetNotScheduled,
    RuleSetStartsInThePast,
)
from fraud.queries.rule_sets import RuleSetCourse, rule_set_course
from kernel.refusals import Refusal
from kernel.two_persons import ChangedSinceRead

if TYPE_CHECKING:
    from fraud.admin.rule_sets.admin import RuleSetAdmin

_REFUSALS: dict[type[Refusal], Any] = {
    RuleSetIsFixed: gettext_lazy("It is no draft, or no longer. Draft a new one from it."),
    RuleSetNeedsSecondPerson: gettext_lazy(
        "You have drafted, changed or proposed this rule set: another person has to approve it."
    ),
    RuleSetNotInShadow: gettext_lazy("It does not run in shadow, or no longer."),
    RuleSetNotProposed: gettext_lazy(
        "It is not proposed, or no longer: somebody may have approved it or sent it back meanwhile."
    ),
    ChangedSinceRead: gettext_lazy(
        "The rule set, the live one or what is scheduled has changed since you opened the page."
        " Read the difference again."
    ),
    RuleSetNotScheduled: gettext_lazy(
        "It has started meanwhile, or was withdrawn already: it can't be withdrawn."
    ),
    RuleSetStartsInThePast: gettext_lazy(
        "It starts in the future, and at another moment than any other rule set."
    ),
}


class Step(NamedTuple):
    """A step that is confirmed on a page of its own.

    Attributes:
        needs: the status of the versions that it is taken with.
        logged: for the log of the admin.
    """

    title: Any
    explanation: Any
    needs: str
    success: Any
    logged: str


PROPOSE = Step(
    gettext_lazy("Propose rule set %(number)s"),
    gettext_lazy(
        "It can't be changed while it is proposed. Another person approves it or sends it back;"
        " until then it can run in shadow."
    ),
    "draft",
    gettext_lazy("Rule set %(number)s is proposed. Another person can approve it."),
    "Proposed.",
)
RETURN = Step(
    gettext_lazy("Send rule set %(number)s back"),
    gettext_lazy(
        "It becomes a draft that can be changed, and runs in shadow no more. What the shadow has"
        " found is kept, but counts no longer once the rule set is proposed anew."
    ),
    "proposed",
    gettext_lazy("Rule set %(number)s is a draft again."),
    "Sent back.",
)


def draft(admin: "RuleSetAdmin", request: HttpRequest) -> HttpResponse:
    """Make a draft from a version, by default from the live one."""
    demand(may_draft(request))
    course = rule_set_course(now=datetime.now(UTC))
    source = pages.found_in(course, request.GET.get("from", course.live.number))
    form = _form(request, course, source, "")
    if form.is_valid():
        try:
            made = verbs.draft_rules(
                content=form.content(),
                note=form.cleaned_data["note"],
                by=request.user.get_username(),
            )
        except Refusal as refusal:
            form.add_error(None, in_words(refusal))
        else:
            admin.log_addition(request, made, f"Drafted from rule set {source.number}.")
            said = _("Rule set %(number)s is a draft. Propose it once it is ready.")
            messages.success(request, said % {"number": made.number})
            return page_of(made.number)
    title = _("Draft from rule set %(number)s") % {"number": source.number}
    return _form_page(admin, request, form, course, title, None)


def edit(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Change what a draft says."""
    demand(may_draft(request))
    course = rule_set_course(now=datetime.now(UTC))
    found = pages.found_in(course, number)
    if found.status != "draft":
        messages.error(request, in_words(RuleSetIsFixed()))
        return page_of(number)
    form = _form(request, course, found, found.note)
    if form.is_valid():
        try:
            note = form.cleaned_data["note"]
            verbs.change_draft(
                number=number,
                content=form.content(),
                note=note,
                by=request.user.get_username(),
            )
        except Refusal as refusal:
            form.add_error(None, in_words(refusal))
        else:
            admin.log_change(request, found, "Changed the draft.")
            messages.success(request, _("The draft was saved."))
            return page_of(number)
    title = _("Change draft %(number)s") % {"number": number}
    return _form_page(admin, request, form, course, title, found)


def propose(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Submit a draft to a second person."""
    demand(may_draft(request))
    by, now = request.user.get_username(), datetime.now(UTC)
    return _confirmed(
        admin,
        request,
        number,
        PROPOSE,
        lambda: verbs.propose_rules(number=number, digest=digest_read(request), by=by, now=now),
    )


def send_back(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Make a draft of a proposal again; whoever may approve it may send it back too."""
    demand(may_draft(request) or may_approve(request))
    return _confirmed(admin, request, number, RETURN, lambda: verbs.return_rules(number=number))


def start_shadow(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Let a proposal score beside the live rule set."""
    demand(may_draft(request) or may_approve(request))
    by, now = request.user.get_username(), datetime.now(UTC)
    return posted(
        admin,
        request,
        number,
        lambda: verbs.shadow_rules(number=number, by=by, now=now),
        _("Rule set %(number)s runs in shadow: whatever is screened from now on, it judges too."),
        "Shadow started.",
    )


def end_shadow(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Let a rule set score in shadow no more."""
    demand(may_draft(request) or may_approve(request))
    return posted(
        admin,
        request,
        number,
        lambda: verbs.end_shadow(number=number),
        _("Rule set %(number)s runs in shadow no more. What it found stays in the report."),
        "Shadow ended.",
    )


def in_words(refusal: Refusal) -> str:
    """Why a step was not taken, as its reader would say it."""
    words = _REFUSALS.get(type(refusal))
    return str(words) if words is not None else translated(refusal.detail)


def _confirmed(
    admin: "RuleSetAdmin",
    request: HttpRequest,
    number: int,
    step: Step,
    verb: Callable[[], RuleSetVersion],
) -> HttpResponse:
    """Show what a step would bring; take it once that was read."""
    course = rule_set_course(now=datetime.now(UTC))
    found = pages.found_in(course, number)
    if request.method == "POST":
        return posted(admin, request, number, verb, step.success, step.logged)
    if found.status != step.needs:
        refusal = RuleSetIsFixed() if step.needs == "draft" else RuleSetNotProposed()
        messages.error(request, in_words(refusal))
        return page_of(number)
    context = {
        **frame(admin, request, found, step.title % {"number": number}),
        **pages.standing(request, course, found),
        "step": step,
        "fault": None if step is RETURN else pages.rules_of(found).fault_for_approval(),
        "difference": pages.difference(course.live, found),
    }
    return TemplateResponse(request, "fraud/admin/rule_sets/confirm.html", context)


def posted(
    admin: "RuleSetAdmin",
    request: HttpRequest,
    number: int,
    verb: Callable[[], RuleSetVersion],
    success: Any,
    logged: str,
) -> HttpResponse:
    """Take a step, tell what came of it, and go back to the version."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    pages.found_in(rule_set_course(now=datetime.now(UTC)), number)
    try:
        version = verb()
    except Refusal as refusal:
        messages.error(request, f"{_('Nothing was changed.')} {in_words(refusal)}")
    else:
        admin.log_change(request, version, logged)
        messages.success(request, success % {"number": number})
    return page_of(number)


def _form(
    request: HttpRequest, course: RuleSetCourse, source: RuleSetVersion, note: str
) -> RuleSetForm:
    return RuleSetForm(
        request.POST if request.method == "POST" else None,
        rules=pages.rules_of(source),
        live=pages.rules_of(course.live),
        initial={"note": note},
    )


def page_of(number: int) -> HttpResponseRedirect:
    """The way to a version's page."""
    return HttpResponseRedirect(reverse("admin:fraud_rulesetversion_change", args=[number]))


def _form_page(
    admin: "RuleSetAdmin",
    request: HttpRequest,
    form: RuleSetForm,
    course: RuleSetCourse,
    title: Any,
    original: RuleSetVersion | None,
) -> HttpResponse:
    context = {**frame(admin, request, original, title), "form": form, "live": course.live}
    return TemplateResponse(request, "fraud/admin/rule_sets/form.html", context)
