"""The page of one standing: how it came about, and the way to change it."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.translation import translated
from fraud.admin.words import (
    BANDS,
    QUEUES,
    STANDINGS,
    STATUSES,
    VERDICTS,
    rule_title,
    subject_word,
)
from fraud.models import Case, SubscriberStanding
from fraud.queries.standings import cases_about, silenced_rules, standing_changes
from loyalty.admin.gate.words import ACTORS, actor_of


def show(
    admin: ModelAdmin[SubscriberStanding], request: HttpRequest, object_id: str, may_set: bool
) -> HttpResponse:
    """What is thought of a subscriber, since when, by whom and why."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    row = admin.get_object(request, object_id)
    if row is None:
        raise Http404
    key, now = row.subscriber_id, datetime.now(UTC)
    may_see_cases = request.user.has_perm("fraud.view_case")
    title = _("Standing of %(who)s") % {"who": row.subscriber.external_id}
    context = {
        **frame(admin, request, row.subscriber, title),
        "row": row,
        "standing": STANDINGS[row.standing],
        "set_by": actor_of(row.set_by),
        "reason": _reason(row.set_by, row.reason),
        "statement": _address(request, "loyalty.view_entry", "loyalty_statement", key),
        "subscriber_page": _address(
            request, "accounts.view_subscriber", "accounts_subscriber_change", key
        ),
        "change": f"{reverse('admin:fraud_standing_set')}?subscriber={row.subscriber.external_id}"
        if may_set
        else "",
        "changes": [
            (each, STANDINGS[each.standing], actor_of(each.by), _reason(each.by, each.reason))
            for each in standing_changes(subscriber_id=key)
        ],
        "cases": [_case(case) for case in cases_about(subscriber_id=key)]
        if may_see_cases
        else None,
        "silenced": [
            (each, rule_title(each.rule)) for each in silenced_rules(subscriber_id=key, now=now)
        ],
        "back": reverse("admin:fraud_subscriberstanding_changelist"),
    }
    return TemplateResponse(request, "fraud/admin/standing.html", context)


def _reason(by: str, reason: str) -> str:
    """A reason in the reader's language where the program gave it; a person's as it was written."""
    return translated(reason) if by in ACTORS else reason


def _address(request: HttpRequest, permission: str, name: str, key: int) -> str:
    return reverse(f"admin:{name}", args=[key]) if request.user.has_perm(permission) else ""


def _case(case: Case) -> dict[str, Any]:
    return {
        "case": case,
        "about": subject_word(case),
        "queue": QUEUES[case.queue],
        "band": BANDS[case.band],
        "status": VERDICTS[case.verdict] if case.verdict else STATUSES[case.status],
        "by": actor_of(case.decided_by),
    }
