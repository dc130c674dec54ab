"""The page of anomalies: which models there are, whom they find unusual, who look alike."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from doors.translation import translated
from fraud.admin.cases.unusual import measure_of
from fraud.admin.pages import case_address, page
from fraud.admin.shown import share_shown
from fraud.models import AnomalyModel, Case
from fraud.policy.anomalies import THOUSANDTHS, TITLES
from fraud.policy.intervals import share_of
from fraud.queries.anomaly_pages import (
    ShownGroup,
    ShownScore,
    latest_groups,
    latest_models,
    most_unusual,
)
from loyalty.admin.links import statement_link


def anomalies_page(request: HttpRequest) -> TemplateResponse:
    """Models with why they count or not, groups of look-alikes, and the most unusual."""
    context: dict[str, Any] = {}
    if request.user.has_perm("fraud.view_case"):
        models = latest_models()
        live = {model.kind: model.version for model in reversed(models)}
        context = {
            "models": [_model(each, live[each.kind] == each.version) for each in models],
            "groups": [_group(each) for each in latest_groups()],
            "scores": [_score(each) for each in most_unusual()],
        }
    return page(request, "fraud/admin/anomalies.html", _("Anomalies"), context)


def _model(model: AnomalyModel, is_live: bool) -> dict[str, Any]:
    queue = model.metrics["queue"]
    return {
        "title": _(TITLES[model.kind]),
        "version": model.version,
        "fitted_at": model.fitted_at,
        "sample_size": model.sample_size,
        "is_live": is_live,
        "is_in_score": model.is_in_score,
        "why": translated(model.metrics["evaluation"]["sentence"]),
        "queue": share_shown(share_of(queue["frauds"], queue["decided"]), _("reviewed were fraud")),
        "library": model.library,
    }


def _group(shown: ShownGroup) -> dict[str, Any]:
    return {
        "found_at": shown.group.found_at,
        "size": shown.group.size,
        "spread": number_format(shown.group.spread_thousandths / 1000, 2),
        "common": [_furthest(each) for each in shown.group.common],
        "members": [statement_link(each) for each in shown.members],
        "case": _case(shown.case),
    }


def _score(shown: ShownScore) -> dict[str, Any]:
    return {
        "subscriber": statement_link(shown.subscriber),
        "percentile": number_format(shown.score.percentile_thousandths / THOUSANDTHS, 2),
        "model": f"{_(TITLES[shown.score.kind])} {shown.score.model_id}",
        "furthest": [_furthest(each) for each in shown.score.furthest],
        "scored_at": shown.score.scored_at,
        "case": _case(shown.case),
    }


def _case(case: Case | None) -> dict[str, Any] | None:
    if case is None:
        return None
    verdict = case.get_verdict_display() if case.verdict else case.get_status_display()
    return {"number": case.pk, "address": case_address(case.pk), "state": verdict}


def _furthest(said: dict[str, Any]) -> dict[str, str]:
    measure = measure_of(said)
    return {"title": measure.title, "value": measure.value, "usual": measure.usual}
