"""What analysts do with one case: each view makes one call of a verb."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.moments import moment_shown
from fraud.admin.cases.page import context_of, gathered, verdict_form
from fraud.admin.forms import ReasonForm, SnoozeForm
from fraud.admin.people import DECIDE, UNMASK, analyst
from fraud.admin.words import QUEUES, VERDICTS, nothing_changed
from fraud.models import Case
from fraud.operations.decide_and_go_on import decide_and_go_on
from fraud.operations.decide_cases import Decided, decide_case
from fraud.operations.unmask_identifiers import unmask_identifiers
from fraud.operations.work_cases import (
    claim_case,
    claim_next_case,
    escalate_case,
    give_case_back,
    snooze_case,
)
from fraud.policy.cases import CaseClosed, CaseNotYours
from kernel.refusals import Refusal

LIST = "admin:fraud_case_changelist"
_PAGE = "fraud/admin/case.html"


class Asked(NamedTuple):
    """A step that asks for its reason on a page of its own, where no script opens a dialog."""

    title: Any
    explanation: Any
    permission: str
    take: Callable[[int, dict[str, Any], HttpRequest, datetime], str]
    form: Callable[..., Any] = ReasonForm


def demand(admin: ModelAdmin[Case], request: HttpRequest, *permissions: str) -> None:
    """Turn away whoever may not see cases, or lacks one of these permissions.

    Raises:
        PermissionDenied
    """
    if not (admin.has_view_permission(request) and request.user.has_perms(permissions)):
        raise PermissionDenied


def found(admin: ModelAdmin[Case], request: HttpRequest, case_id: object) -> Case:
    """The case that an address names.

    Raises:
        Http404
    """
    case = admin.get_object(request, str(case_id))
    if case is None:
        raise Http404
    return case


def show(admin: ModelAdmin[Case], request: HttpRequest, object_id: str) -> HttpResponse:
    """A case's page."""
    demand(admin, request)
    known = gathered(request, found(admin, request, object_id), datetime.now(UTC))
    context = context_of(admin, request, known, verdict_form(known))
    return TemplateResponse(request, _PAGE, context)


def take_next(admin: ModelAdmin[Case], request: HttpRequest) -> HttpResponse:
    """Take the next case, and lead to it."""
    demand(admin, request, DECIDE)
    queue = request.POST.get("queue", "")
    if queue not in QUEUES:
        queue = ""
    case = claim_next_case(by=analyst(request), now=datetime.now(UTC), queue=queue)
    return _to_next(request, case)


def claim(admin: ModelAdmin[Case], request: HttpRequest, case_id: int) -> HttpResponse:
    """Take this case."""
    demand(admin, request, DECIDE)
    found(admin, request, case_id)
    try:
        claim_case(case_id=case_id, by=analyst(request), now=datetime.now(UTC))
    except Refusal as refusal:
        messages.error(request, nothing_changed(refusal))
    return HttpResponseRedirect(address(case_id))


def give_back(admin: ModelAdmin[Case], request: HttpRequest, case_id: int) -> HttpResponse:
    """Let others take this case."""
    demand(admin, request, DECIDE)
    found(admin, request, case_id)
    reason = request.POST.get("reason", "").replace("\x00", "")[:500]
    try:
        give_case_back(case_id=case_id, by=analyst(request), reason=reason, now=datetime.now(UTC))
    except Refusal as refusal:
        messages.error(request, nothing_changed(refusal))
        return HttpResponseRedirect(address(case_id))
    messages.success(request, _("Case %(number)s is in the queue again.") % {"number": case_id})
    return HttpResponseRedirect(reverse(LIST))


def decide(admin: ModelAdmin[Case], request: HttpRequest, case_id: int) -> HttpResponse:
    """Decide over this case, and take the next one if that was asked for."""
    demand(admin, request, DECIDE)
    now = datetime.now(UTC)
    known = gathered(request, found(admin, request, case_id), now)
    form = verdict_form(known, request.POST)
    if form.is_valid():
        said: dict[str, Any] = {
            "case_id": case_id, "verdict": form.said(), "by": analyst(request), "now": now,
        }  # fmt: skip
        goes_on = "go_on" in request.POST
        try:
            if goes_on:
                decided, following = decide_and_go_on(**said)
            else:
                decided, following = decide_case(**said), None
        except (CaseClosed, CaseNotYours) as refusal:
            messages.error(request, nothing_changed(refusal))
            return HttpResponseRedirect(address(case_id))
        except Refusal as refusal:
            form.add_error(None, nothing_changed(refusal))
        else:
            _say(request, decided)
            if goes_on:
                return _to_next(request, following)
            return HttpResponseRedirect(address(case_id))
    context = context_of(admin, request, known, form)
    return TemplateResponse(request, _PAGE, context)


def ask(admin: ModelAdmin[Case], request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Ask for what a step needs, and take it once that is given."""
    step = ASKED.get(name)
    if step is None:
        raise Http404
    demand(admin, request, step.permission)
    case = found(admin, request, case_id)
    now = datetime.now(UTC)
    form = step.form(request.POST) if request.method == "POST" else _blank(step, now)
    if form.is_valid():
        try:
            where = step.take(case_id, form.cleaned_data, request, now)
        except (CaseClosed, CaseNotYours) as refusal:
            messages.error(request, nothing_changed(refusal))
            return HttpResponseRedirect(address(case_id))
        except Refusal as refusal:
            form.add_error(None, nothing_changed(refusal))
        else:
            return HttpResponseRedirect(where)
    context = {
        **frame(admin, request, case, step.title),
        "step": step,
        "form": form,
        "back": address(case_id),
    }
    return TemplateResponse(request, "fraud/admin/ask.html", context)


def address(case_id: object) -> str:
    """Where a case is shown."""
    return reverse("admin:fraud_case_change", args=[case_id])


def _blank(step: Asked, now: datetime) -> Any:
    return SnoozeForm.blank(now) if step.form is SnoozeForm else step.form()


def _to_next(request: HttpRequest, case: Case | None) -> HttpResponse:
    if case is None:
        messages.info(request, _("There is no case left that you could take: the queue is empty."))
        return HttpResponseRedirect(reverse(LIST))
    return HttpResponseRedirect(address(case.pk))


def _say(request: HttpRequest, decided: Decided) -> None:
    number = decided.case.pk
    if not decided.is_final:
        words = _(
            "Case %(number)s is above the four-eyes limit: your verdict is kept as a proposal "
            "that somebody else has to confirm."
        )
        messages.warning(request, words % {"number": number})
        return
    verdict = VERDICTS[decided.case.verdict].text
    words = _("Case %(number)s is decided: %(verdict)s.")
    messages.success(request, words % {"number": number, "verdict": verdict})


def _snooze(case_id: int, said: dict[str, Any], request: HttpRequest, now: datetime) -> str:
    case = snooze_case(case_id=case_id, by=analyst(request), now=now, **said).case
    assert case.snoozed_until is not None, "it was just set"
    until = moment_shown(case.snoozed_until)
    words = _("Case %(number)s sleeps until %(until)s.")
    messages.success(request, words % {"number": case_id, "until": until})
    return reverse(LIST)


def _escalate(case_id: int, said: dict[str, Any], request: HttpRequest, now: datetime) -> str:
    escalate_case(case_id=case_id, by=analyst(request), now=now, **said)
    words = _("Case %(number)s is handed to the senior analysts.")
    messages.success(request, words % {"number": case_id})
    return reverse(LIST)


def _unmask(case_id: int, said: dict[str, Any], request: HttpRequest, now: datetime) -> str:
    unmask_identifiers(case_id=case_id, by=analyst(request).name, now=now, **said)
    words = _("The hints are shown to you for an hour. That you asked is kept with the case.")
    messages.success(request, words)
    return f"{address(case_id)}#identifiers"


ASKED: dict[str, Asked] = {
    "snooze": Asked(
        gettext_lazy("Snooze the case"),
        gettext_lazy("It leaves the queue until then, and anybody may take it afterwards."),
        DECIDE,
        _snooze,
        SnoozeForm,
    ),
    "escalate": Asked(
        gettext_lazy("Escalate the case"),
        gettext_lazy("Only senior analysts may take it from then on."),
        DECIDE,
        _escalate,
    ),
    "unmask": Asked(
        gettext_lazy("Show identifiers"),
        gettext_lazy(
            "Of an identifier only a digest and a hint of a few characters are stored. You will "
            "see the hints of what the parties of this case were seen with, for an hour."
        ),
        UNMASK,
        _unmask,
    ),
}
