"""A trial's page: how far it is, why it failed, or what it found."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from doors.admin.frame import frame
from fraud.admin.pages import rule_set_link
from fraud.admin.trials.learnt import learning_shown
from fraud.admin.trials.results import backtest_shown, calibration_shown
from fraud.admin.trials.wording import (
    KINDS,
    STATUSES,
    progress_of,
    progress_said,
    title_of,
    window_of,
)
from fraud.models import Trial
from fraud.policy.trials import BACKTEST, CALIBRATION, LEARNING, RUNNING, WAITING

if TYPE_CHECKING:
    from fraud.admin.trials.admin import TrialAdmin

_RESULTS = {
    BACKTEST: backtest_shown,
    CALIBRATION: calibration_shown,
    LEARNING: learning_shown,
}


def trial(admin: "TrialAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """One trial."""
    found = _found(admin, request, object_id)
    context: dict[str, Any] = {
        **frame(admin, request, found, title_of(found)),
        "trial": found,
        "kind": KINDS[found.kind],
        "status": STATUSES[found.status],
        "window": window_of(found),
        "rule_set": rule_set_link(found.rule_set_id),
        "is_under_way": found.status in (WAITING, RUNNING),
        "percent": progress_of(found),
        "progress": progress_said(found),
        "again": _again(admin, request, found),
        "draft": None if found.draft_id is None else rule_set_link(found.draft_id),
        "may_draft": admin.may_draft(request),
    }
    if found.result is not None:
        context["result"] = _RESULTS[found.kind](found)
        context["result_template"] = f"fraud/admin/trials/{found.kind}.html"
    return TemplateResponse(request, "fraud/admin/trials/page.html", context)


def progress(admin: "TrialAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """How far a trial is, for the page that waits for it."""
    found = _found(admin, request, str(number))
    return JsonResponse(
        {
            "is_under_way": found.status in (WAITING, RUNNING),
            "status": str(STATUSES[found.status].text),
            "percent": progress_of(found),
            "said": progress_said(found),
        }
    )


def _found(admin: "TrialAdmin", request: HttpRequest, object_id: str) -> Trial:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    found: Trial | None = admin.get_object(request, object_id)
    if found is None:
        raise Http404
    return found


def _again(admin: "TrialAdmin", request: HttpRequest, found: Trial) -> str:
    """Where the same can be asked for again; empty for whoever may not."""
    may_start = admin.may_start(request)
    if not may_start or (found.kind == LEARNING and not admin.may_draft(request)):
        return ""
    return f"{reverse(f'admin:fraud_trial_{found.kind}')}?again={found.pk}"
