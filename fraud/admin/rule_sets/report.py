"""What a rule set in shadow would have done differently: the page of its report."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from doors.admin.frame import frame
from doors.amounts import points_shown, roubles_shown
from fraud.admin.assessments import OUTCOMES
from fraud.admin.figures import Choice, Figure, PeriodForm
from fraud.admin.rule_sets import pages
from fraud.admin.rule_sets.people import demand
from fraud.admin.shown import days_shown, percent_shown
from fraud.admin.words import SUBJECTS, score_shown
from fraud.models import RuleSetVersion
from fraud.queries.rule_sets import rule_set_course
from fraud.queries.shadow import (
    Around,
    Difference,
    Differing,
    ShadowReport,
    ShadowSpan,
    around,
    shadow_differences,
)
from kernel.moments import day_of, start_of_day
from loyalty.admin.causes import cause_address
from loyalty.admin.links import statement_link
from loyalty.queries.terms import program_zone

if TYPE_CHECKING:
    from fraud.admin.rule_sets.admin import RuleSetAdmin

# Of all differences together; of a single one, all that the query brings.
SHOWN = 30
SHORT_PERIODS = (7, 30)
_MILDEST_FIRST = ("clear", "wait", "review", "refuse")


class Period(NamedTuple):
    """Days of the program's zone, the last one included."""

    since: date
    upto: date


class Way(NamedTuple):
    """Subjects of one pair of outcomes, in words."""

    live: Any
    shadow: Any
    number: str
    share: str
    value: str
    direction: Any
    address: str = ""
    is_chosen: bool = False


def shadow_report(admin: "RuleSetAdmin", request: HttpRequest, number: int) -> HttpResponse:
    """What a version would have done otherwise in a period, the whole of its shadow by default."""
    demand(admin.has_view_permission(request))
    course = rule_set_course(now=datetime.now(UTC))
    found = pages.found_in(course, number)
    span = pages.shadow_of(found)
    title = _("Shadow of rule set %(number)s") % {"number": number}
    context = {
        **frame(admin, request, found, title),
        **pages.standing(request, course, found),
        "span": span,
    }
    if span is not None:
        context |= _report(request, found, span, program_zone())
    return TemplateResponse(request, "fraud/admin/rule_sets/shadow.html", context)


def _report(
    request: HttpRequest, found: RuleSetVersion, span: ShadowSpan, zone: ZoneInfo
) -> dict[str, Any]:
    whole = Period(day_of(span.first_at, zone), day_of(datetime.now(UTC), zone))
    is_asked = "since" in request.GET or "upto" in request.GET
    form = PeriodForm(request.GET) if is_asked else PeriodForm(initial=whole._asdict())
    period = Period(**form.cleaned_data) if is_asked and form.is_valid() else whole
    assert found.proposed_at is not None, "what has run in shadow was proposed"
    report = shadow_differences(
        number=found.number,
        # What it found before it was proposed for the last time was said by another content.
        since=max(start_of_day(period.since, zone), found.proposed_at),
        until=start_of_day(period.upto + timedelta(days=1), zone),
    )
    chosen = _chosen(report, request.GET.get("way", ""))
    subjects = chosen.subjects if chosen is not None else _most_valuable(report)
    return {
        "form": form,
        "choices": _choices(whole, period),
        "period": days_shown(period.since, period.upto),
        "report": report,
        "figures": _figures(report, max(period.since, whole.since)),
        "ways": _ways(report, period, chosen),
        "agreements": _agreements(report),
        "chosen": chosen,
        "all_ways": f"?{_query(period)}#subjects",
        "subjects": _subjects(request, report, subjects),
    }


def _choices(whole: Period, period: Period) -> list[Choice]:
    choices = [Choice(_("The whole shadow"), f"?{_query(whole)}", whole == period)]
    for days in SHORT_PERIODS:
        short = Period(whole.upto - timedelta(days=days - 1), whole.upto)
        name = _("%(days)s days") % {"days": days}
        choices.append(Choice(name, f"?{_query(short)}", short == period))
    return choices


def _query(period: Period, **more: str) -> str:
    days = {"since": period.since.isoformat(), "upto": period.upto.isoformat()}
    return urlencode({**days, **more})


def _figures(report: ShadowReport, since: date) -> list[Figure]:
    stricter = [each for each in report.differences if _is_stricter(each)]
    milder = [each for each in report.differences if not _is_stricter(each)]
    differ = sum(each.count for each in report.differences)
    share = percent_shown(differ / report.compared) if report.compared else "–"
    otherwise = _("%(share)s of them") % {"share": share}
    both = _("judged by both since %(day)s") % {"day": date_format(since, "DATE_FORMAT")}
    return [
        Figure(_("Compared"), points_shown(report.compared), both),
        Figure(_("Judged otherwise"), points_shown(differ), otherwise),
        _sum(_("Judged more strictly"), stricter),
        _sum(_("Judged more mildly"), milder),
    ]


def _sum(name: str, differences: Sequence[Difference]) -> Figure:
    count = points_shown(sum(each.count for each in differences))
    value = roubles_shown(sum(each.value_minor for each in differences))
    return Figure(name, value, _("%(count)s of them") % {"count": count})


def _ways(report: ShadowReport, period: Period, chosen: Difference | None) -> list[Way]:
    return [
        Way(
            OUTCOMES[each.live],
            OUTCOMES[each.shadow],
            points_shown(each.count),
            percent_shown(each.count / report.compared),
            roubles_shown(each.value_minor),
            _("stricter") if _is_stricter(each) else _("milder"),
            f"?{_query(period, way=_name(each))}#subjects",
            each is chosen,
        )
        for each in report.differences
    ]


def _agreements(report: ShadowReport) -> list[Way]:
    return [
        Way(
            OUTCOMES[each.outcome],
            OUTCOMES[each.outcome],
            points_shown(each.count),
            percent_shown(each.count / report.compared),
            roubles_shown(each.value_minor),
            _("the same"),
        )
        for each in report.agreements
    ]


def _is_stricter(difference: Difference) -> bool:
    return _MILDEST_FIRST.index(difference.shadow) > _MILDEST_FIRST.index(difference.live)


def _name(difference: Difference) -> str:
    return f"{difference.live}-{difference.shadow}"


def _chosen(report: ShadowReport, name: str) -> Difference | None:
    return next((each for each in report.differences if _name(each) == name), None)


def _most_valuable(report: ShadowReport) -> list[Differing]:
    found = [subject for each in report.differences for subject in each.subjects]
    return sorted(found, key=lambda each: -each.value_minor)[:SHOWN]


def _subjects(
    request: HttpRequest, report: ShadowReport, subjects: Sequence[Differing]
) -> list[dict[str, Any]]:
    ways = {subject: each for each in report.differences for subject in each.subjects}
    known = around(subjects)
    return [
        {
            "about": SUBJECTS[each.subject_type],
            "id": each.subject_id,
            "address": _address(request, each, known),
            "subscriber": statement_link(known.subscribers[each.subscriber_id]),
            "value": roubles_shown(each.value_minor),
            "live": OUTCOMES[ways[each].live],
            "live_score": score_shown(each.live_score_millionths),
            "shadow": OUTCOMES[ways[each].shadow],
            "shadow_score": score_shown(each.shadow_score_millionths),
            "case": _case(request, each, known),
        }
        for each in subjects
    ]


def _address(request: HttpRequest, subject: Differing, known: Around) -> str:
    """Where a subject has a page that this user may see."""
    if subject.subject_type == "payout" and request.user.has_perm("loyalty.view_payout"):
        return reverse("admin:loyalty_payout_change", args=[subject.subject_id])
    if subject.subject_type == "redemption" and request.user.has_perm("loyalty.view_redemption"):
        key = known.redemptions.get(subject.subject_id)
        return reverse("admin:loyalty_redemption_change", args=[key]) if key else ""
    if subject.subject_type == "join":
        return cause_address(request, "referral", subject.subject_id)
    return ""


def _case(request: HttpRequest, subject: Differing, known: Around) -> dict[str, Any] | None:
    case = known.cases.get((subject.subject_type, subject.subject_id))
    if case is None:
        return None
    may_view = request.user.has_perm("fraud.view_case")
    return {
        "number": case.pk,
        "address": reverse("admin:fraud_case_change", args=[case.pk]) if may_view else "",
        "state": case.get_verdict_display() if case.verdict else case.get_status_display(),
    }
