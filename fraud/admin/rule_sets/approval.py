"""Put a rule set live, at once or later; call it off until then; bring an earlier one back."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from doors.admin.frame import frame
from doors.admin.reading import digest_read
from doors.moments import moment_shown
from fraud.admin.rule_sets import pages
from fraud.admin.rule_sets.forms import NoteForm, StartForm, WithdrawalForm
from fraud.admin.rule_sets.people import demand, may_approve, may_draft, may_withdraw
from fraud.admin.rule_sets.steps import in_words, page_of
from fraud.admin.rule_sets.tried import tried_of
from fraud.models import RuleSetVersion
from fraud.operations.change_rule_sets import (
    approve_rules,
    draft_rules,
    withdraw_rules,
)
from fraud.policy.rulesets import (
    RuleSetNotProposed,
    RuleSetNotScheduled,
    RuleSetStartsInThePast,
)
from fraud.queries.rule_sets import RuleSetCourse, rule_set_course
from kernel.refusals import Refusal

if TYPE_CHECKING:
    from fraud.admin.rule_sets.admin import RuleSetAdmin


def approve(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Put live what somebody else proposed, as it was read and instead of what was live then."""
    demand(may_approve(request))
    now = datetime.now(UTC)
    course = rule_set_course(now=now)
    found = pages.found_in(course, number)
    form = StartForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            version = approve_rules(
                number=number,
                by=request.user.get_username(),
                now=now,
                starts_at=form.cleaned_data["starts_at"],
                digest=digest_read(request),
            )
        except RuleSetStartsInThePast as refusal:
            form.add_error("starts_at", in_words(refusal))
        except Refusal as refusal:
            messages.error(request, f"{_('Nothing was changed.')} {in_words(refusal)}")
            return page_of(number)
        else:
            admin.log_change(request, version, "Approved.")
            messages.success(request, _approved(version))
            return page_of(number)
    if found.status != "proposed":
        messages.error(request, in_words(RuleSetNotProposed()))
        return page_of(number)
    return _approval_page(admin, request, course, found, form)


def withdraw(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Call off what was to start later; its page says what is live without it."""
    now = datetime.now(UTC)
    course = rule_set_course(now=now)
    found = pages.found_in(course, number)
    demand(may_withdraw(request, found))
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if course.state_of(found) != "scheduled":
        messages.error(request, in_words(RuleSetNotScheduled()))
        return page_of(number)
    if form.is_valid():
        by, reason = request.user.get_username(), form.cleaned_data["reason"]
        try:
            withdraw_rules(number=number, by=by, reason=reason, now=now)
        except Refusal as refusal:
            messages.error(request, f"{_('Nothing was changed.')} {in_words(refusal)}")
        else:
            admin.log_change(request, found, "Withdrawn.")
            said = _("Rule set %(number)s is withdrawn: it will not start.")
            messages.success(request, said % {"number": number})
        return page_of(number)
    before = course.before(found)
    assert before is not None, "something is live before what starts later"
    context = {
        **frame(admin, request, found, _("Withdraw rule set %(number)s") % {"number": number}),
        **pages.standing(request, course, found),
        "form": form,
        "stays": before.number,
        "difference": pages.difference(before, found),
    }
    return TemplateResponse(request, "fraud/admin/rule_sets/withdraw.html", context)


def roll_back(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Make a draft that says what an earlier live rule set said."""
    demand(may_draft(request))
    course = rule_set_course(now=datetime.now(UTC))
    found = pages.found_in(course, number)
    if course.state_of(found) != "approved":
        messages.error(request, _("Only a rule set that was live before can be rolled back to."))
        return page_of(number)
    proposed = _("Back to rule set %(number)s.") % {"number": number}
    form = NoteForm(request.POST if request.method == "POST" else None, initial={"note": proposed})
    if form.is_valid():
        try:
            made = draft_rules(
                content=found.content,
                note=form.cleaned_data["note"],
                by=request.user.get_username(),
            )
        except Refusal as refusal:
            messages.error(request, f"{_('Nothing was changed.')} {in_words(refusal)}")
            return page_of(number)
        admin.log_addition(request, made, f"Drafted to go back to rule set {number}.")
        said = _(
            "Rule set %(made)s is a draft that says what rule set %(number)s says. Propose it;"
            " another person puts it live."
        )
        messages.success(request, said % {"made": made.number, "number": number})
        return page_of(made.number)
    context = {
        **frame(admin, request, found, _("Roll back to rule set %(number)s") % {"number": number}),
        **pages.standing(request, course, found),
        "form": form,
        "difference": pages.difference(course.live, found),
    }
    return TemplateResponse(request, "fraud/admin/rule_sets/roll_back.html", context)


def _approval_page(
    admin: "RuleSetAdmin",
    request: HttpRequest,
    course: RuleSetCourse,
    found: RuleSetVersion,
    form: StartForm,
) -> HttpResponse:
    standing = pages.standing(request, course, found)
    fault = pages.rules_of(found).fault_for_approval()
    title = _("Put rule set %(number)s live") % {"number": found.number}
    context = {
        **frame(admin, request, found, title),
        **standing,
        "form": form,
        "is_possible": not (standing["is_own"] or fault),
        "fault": fault,
        "span": pages.shadow_of(found),
        "tried": tried_of(found),
        "scheduled": pages.scheduled_in(course),
        "difference": pages.difference(course.live, found),
    }
    return TemplateResponse(request, "fraud/admin/rule_sets/approve.html", context)


def _approved(version: RuleSetVersion) -> str:
    if version.starts_at is None:
        return _("Rule set %(number)s is live.") % {"number": version.number}
    said = _("Rule set %(number)s is scheduled: it is live from %(moment)s on.")
    return said % {"number": version.number, "moment": moment_shown(version.starts_at)}
