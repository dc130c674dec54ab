"""Start trials and draft what they accept: each translates in, calls one verb, translates out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from doors.admin.frame import frame
from doors.translation import translated
from fraud.admin.trials.forms import (
    BacktestForm,
    CalibrationForm,
    TrialForm,
    asked_before,
    proposed,
)
from fraud.models import Trial
from fraud.operations.draft_from_trials import draft_threshold
from fraud.operations.request_trials import (
    request_backtest,
    request_calibration,
    request_learning,
)
from fraud.policy.trials import BACKTEST, CALIBRATION, LEARNING
from kernel.refusals import Refusal

if TYPE_CHECKING:
    from fraud.admin.trials.admin import TrialAdmin


class _Start(NamedTuple):
    """How one kind of trial is asked for."""

    kind: str
    title: Any
    explanation: Any
    form: type[TrialForm]
    verb: Callable[..., Trial]


_BACKTEST = _Start(
    BACKTEST,
    _("New backtest"),
    _(
        "Judges the benefits that were assessed by a rule set, and compares with what happened"
        " and with the verdicts of persons. Nothing is stopped or let out by it."
    ),
    BacktestForm,
    request_backtest,
)
_CALIBRATION = _Start(
    CALIBRATION,
    _("New calibration"),
    _(
        "Draws how a rule set's score tells fraud from normal users, and chooses the review"
        " threshold that catches most of it within your limit."
    ),
    CalibrationForm,
    request_calibration,
)
_LEARNING = _Start(
    LEARNING,
    _("Learn weights"),
    _(
        "Fits the weights of a rule set to the verdicts of persons by a regularised logistic"
        " regression, and saves them as a draft. Curves of a boosted model are tried beside it,"
        " and drafted only if they were better on verdicts that were held out. It takes at least"
        " 30 frauds and 30 normal users; thresholds stay, and nothing goes live."
    ),
    TrialForm,
    request_learning,
)


def backtest(admin: "TrialAdmin", request: HttpRequest) -> HttpResponse:
    """Ask for a backtest."""
    _demand(admin.may_start(request))
    return _start(admin, request, _BACKTEST)


def calibration(admin: "TrialAdmin", request: HttpRequest) -> HttpResponse:
    """Ask for a calibration."""
    _demand(admin.may_start(request))
    return _start(admin, request, _CALIBRATION)


def learning(admin: "TrialAdmin", request: HttpRequest) -> HttpResponse:
    """Ask for weights that are learnt; they become a draft."""
    _demand(admin.may_start(request) and admin.may_draft(request))
    return _start(admin, request, _LEARNING)


def draft(admin: "TrialAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """Make a draft with the threshold that a calibration accepted."""
    _demand(admin.has_view_permission(request) and admin.may_draft(request))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = admin.get_object(request, str(number))
    if found is None:
        raise Http404
    by, now = request.user.get_username(), datetime.now(UTC)
    try:
        made = draft_threshold(trial_id=number, by=by, now=now)
    except Refusal as refusal:
        messages.error(request, translated(refusal.detail))
    else:
        admin.log_change(request, found, f"Drafted as rule set {made.number}.")
        said = _("Rule set %(number)s is a draft. Propose it, and let another person approve it.")
        messages.success(request, said % {"number": made.number})
    return _to(number)


def _start(admin: "TrialAdmin", request: HttpRequest, start: _Start) -> HttpResponse:
    now = datetime.now(UTC)
    form = start.form(request.POST or None, initial=_initial(request, start.kind, now))
    if form.is_valid():
        by = request.user.get_username()
        try:
            trial = start.verb(**form.asked(), by=by, now=now)
        except Refusal as refusal:
            form.add_error(None, translated(refusal.detail))
        else:
            admin.log_addition(request, trial, "Asked for.")
            return _to(trial.pk)
    context = {
        **frame(admin, request, None, start.title),
        "form": form,
        "explanation": start.explanation,
        "back": reverse("admin:fraud_trial_changelist"),
    }
    return TemplateResponse(request, "fraud/admin/trials/form.html", context)


def _initial(request: HttpRequest, kind: str, now: datetime) -> dict[str, Any]:
    """What an earlier trial was asked for with, if it is named, and else what is proposed."""
    again = request.GET.get("again", "")
    asked = proposed(now)
    if again.isdecimal() and len(again) < 19:
        trial = Trial.objects.filter(pk=int(again), kind=kind).first()
        return asked if trial is None else asked_before(trial)
    if request.GET.get("rule_set", "").isdecimal():
        asked["rule_set"] = request.GET["rule_set"]
    return asked


def _demand(permission: bool) -> None:
    if not permission:
        raise PermissionDenied


def _to(number: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:fraud_trial_change", args=[number]))
