"""One verdict over many cases, for those who may."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doors.admin.frame import frame
from doors.admin.theme import ModelAdmin
from doors.amounts import roubles_shown
from fraud.admin.cases.foresight import foresight_of
from fraud.admin.cases.steps import LIST, demand
from fraud.admin.forms import CANNED_REASONS, BulkForm
from fraud.admin.people import BULK, DECIDE, analyst
from fraud.admin.words import BANDS, VERDICTS, nothing_changed, refusal_in_words, subject_word
from fraud.models import Case
from fraud.operations.decide_cases import decide_cases
from fraud.policy.cases import CaseState, refusal_for_claim
from kernel.refusals import Refusal

# More would make a page that nobody reads before confirming it.
CHOSEN_MAX = 200


def asking(admin: ModelAdmin[Case], request: HttpRequest, rows: QuerySet[Case]) -> HttpResponse:
    """Ask for the verdict over the cases that were chosen from the list."""
    demand(admin, request, DECIDE, BULK)
    chosen = list(rows[: CHOSEN_MAX + 1])
    if len(chosen) > CHOSEN_MAX:
        return _too_many_or_none(request)
    return _asked(admin, request, chosen, BulkForm())


def decide(admin: ModelAdmin[Case], request: HttpRequest) -> HttpResponse:
    """Decide over all of them, or none."""
    demand(admin, request, DECIDE, BULK)
    ids = set(request.POST.getlist("id"))
    if not 0 < len(ids) <= CHOSEN_MAX:
        return _too_many_or_none(request)
    if not all(each.isascii() and each.isdecimal() and len(each) < 19 for each in ids):
        raise Http404
    rows = list(admin.get_queryset(request).filter(pk__in=ids).order_by("pk"))
    if len(rows) < len(ids):
        raise Http404
    form = BulkForm(request.POST)
    if form.is_valid():
        verdict, by = form.said(), analyst(request)
        keys = [case.pk for case in rows]
        try:
            decided = decide_cases(case_ids=keys, verdict=verdict, by=by, now=datetime.now(UTC))
        except Refusal as refusal:
            form.add_error(None, nothing_changed(refusal))
        else:
            final = sum(each.is_final for each in decided)
            _say(request, final, len(decided) - final, verdict.verdict)
            return HttpResponseRedirect(reverse(LIST))
    return _asked(admin, request, rows, form)


def _asked(
    admin: ModelAdmin[Case], request: HttpRequest, rows: Sequence[Case], form: BulkForm
) -> HttpResponse:
    now, by = datetime.now(UTC), analyst(request)
    foresight = foresight_of(rows, by)
    shown = [
        {
            "case": case,
            "value": roubles_shown(case.value_minor),
            "band": BANDS[case.band],
            "about": subject_word(case),
            "refusal": _refusal(case, by, now),
            "foresight": foresight[case.pk],
        }
        for case in rows
    ]
    context = {
        **frame(admin, request, None, _("Decide alike")),
        "rows": shown,
        "total": roubles_shown(sum(case.value_minor for case in rows)),
        "is_refused": any(each["refusal"] for each in shown),
        "form": form,
        "canned": CANNED_REASONS,
        "back": reverse(LIST),
    }
    return TemplateResponse(request, "fraud/admin/bulk.html", context)


def _refusal(case: Case, by: Any, now: datetime) -> str:
    state = CaseState(
        case.status, case.claimed_by, case.claimed_at, case.is_escalated, case.proposed_by
    )
    refusal = refusal_for_claim(state, by, now)
    return refusal_in_words(refusal) if refusal is not None else ""


def _say(request: HttpRequest, final: int, proposed: int, verdict: str) -> None:
    word = VERDICTS[verdict].text
    if final:
        words = ngettext(
            "%(n)s case is decided: %(verdict)s.", "%(n)s cases are decided: %(verdict)s.", final
        )
        messages.success(request, words % {"n": final, "verdict": word})
    if proposed:
        words = ngettext(
            "%(n)s case is above the four-eyes limit: your verdict is kept as a proposal.",
            "%(n)s cases are above the four-eyes limit: your verdicts are kept as proposals.",
            proposed,
        )
        messages.warning(request, words % {"n": proposed})


def _too_many_or_none(request: HttpRequest) -> HttpResponse:
    sentence = _("Choose the cases: at least one, and at most %(most)s.")
    messages.error(request, sentence % {"most": CHOSEN_MAX})
    return HttpResponseRedirect(reverse(LIST))
