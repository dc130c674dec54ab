"""The page of fraud figures: a period's choice, its figures, and the queue as it is now."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from doors.amounts import points_shown, roubles_shown
from fraud.admin.charts import Chart, Series, histogram, roubles
from fraud.admin.pages import page
from fraud.admin.shown import days_shown, duration_shown, estimate_shown, percent_shown, share_shown
from fraud.policy.figures import Rates
from fraud.queries.figures import FraudFigures, Operations, Week, fraud_figures
from kernel.moments import day_of, start_of_day
from loyalty.queries.terms import program_zone

DAYS_MAX = 731
DAYS_DEFAULT = 30
PERIODS = (
    (7, gettext_lazy("7 days")),
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (365, gettext_lazy("A year")),
)


class PeriodForm(forms.Form):
    """Two days of the program's zone, the last one included."""

    since = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date", "class": "field-input"}, format="%Y-%m-%d"),
    )
    upto = forms.DateField(
        label=gettext_lazy("to"),
        widget=forms.DateInput(attrs={"type": "date", "class": "field-input"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, or never seems to end."""
        said = super().clean() or {}
        if "since" in said and "upto" in said:
            days = (said["upto"] - said["since"]).days + 1
            if not 0 < days <= DAYS_MAX:
                raise forms.ValidationError(
                    _("A period ends after it begins, and has at most two years.")
                )
        return said


class Figure(NamedTuple):
    """One number with what it says."""

    name: str
    value: str
    note: str
    is_alarming: bool = False
    link: str = ""


class Choice(NamedTuple):
    """A period to choose."""

    name: Any
    address: str
    is_chosen: bool


def figures_page(request: HttpRequest) -> TemplateResponse:
    """The figures of the period asked for, thirty days by default."""
    now = datetime.now(UTC)
    zone = program_zone()
    today = day_of(now, zone)
    form = PeriodForm(request.GET) if request.GET else PeriodForm(initial=_latest(today))
    said = form.cleaned_data if request.GET and form.is_valid() else _latest(today)
    since, until = said["since"], said["upto"] + timedelta(days=1)
    context: dict[str, Any] = {
        "form": form,
        "choices": [_choice(days, name, today, said) for days, name in PERIODS],
        "period": days_shown(since, said["upto"]),
    }
    if request.user.has_perm("fraud.view_case"):
        figures = fraud_figures(
            since=start_of_day(since, zone), until=start_of_day(until, zone), now=now
        )
        context |= _shown(figures)
    return page(request, "fraud/admin/figures.html", _("Fraud figures"), context)


def _latest(today: date, days: int = DAYS_DEFAULT) -> dict[str, date]:
    return {"since": today - timedelta(days=days - 1), "upto": today}


def _choice(days: int, name: Any, today: date, said: dict[str, date]) -> Choice:
    period = _latest(today, days)
    query = urlencode({key: day.isoformat() for key, day in period.items()})
    return Choice(name, f"?{query}", period["since"] == said["since"] and said["upto"] == today)


def _shown(figures: FraudFigures) -> dict[str, Any]:
    waiting, first, invitations = figures.waiting, figures.first_redemptions, figures.invitations
    return {
        "figures": figures,
        "is_empty": figures.is_empty,
        "rates": _rates(figures.rates),
        "operations": [
            *_operations(_("Payouts"), figures.payouts),
            *_operations(_("Redemptions"), figures.redemptions),
        ],
        "money_chart": _money_chart(figures.weeks),
        "work_chart": _work_chart(figures.weeks),
        "queue": _queue(figures),
        "queue_chart": histogram(_("Open cases by age"), waiting.histogram),
        "first_quantiles": [
            (_("%(percent)s %% of them within") % {"percent": percent}, duration_shown(minutes))
            for percent, minutes in first.quantiles.items()
        ],
        "first_chart": histogram(_("First redemptions by time since activation"), first.histogram),
        "invitations": _(
            "%(referrals)s referrals by %(inviters)s inviters; the most by one: %(most)s."
        )
        % {
            "referrals": points_shown(invitations.referrals),
            "inviters": points_shown(invitations.inviters),
            "most": points_shown(invitations.most),
        },
        "referral_chart": histogram(_("Inviters by referrals"), invitations.histogram),
        "analysts": [
            {
                "name": each.name,
                "decided": points_shown(each.decided),
                "frauds": points_shown(each.frauds),
                "per_day": number_format(round(each.per_day, 1), 1),
                "median": "–"
                if each.minutes_median is None
                else duration_shown(each.minutes_median),
            }
            for each in figures.analysts
        ],
    }


def _rates(rates: Rates) -> list[Figure]:
    return [
        Figure(
            _("Fraud among what was stopped"),
            percent_shown(rates.precision.value) if rates.precision.of else "–",
            share_shown(rates.precision, _("reviewed")),
        ),
        Figure(
            _("Fraud among what was let out"),
            percent_shown(rates.missed.value) if rates.missed.of else "–",
            share_shown(rates.missed, _("reviewed of the random sample")),
        ),
        Figure(
            _("Normal payouts that were stopped"),
            percent_shown(rates.false_positive_rate.value) if rates.false_positive_rate else "–",
            estimate_shown(rates.false_positive_rate),
        ),
        Figure(
            _("Fraud that was stopped"),
            percent_shown(rates.recall.value) if rates.recall else "–",
            estimate_shown(rates.recall),
        ),
    ]


_OUTCOMES = {
    "refused": gettext_lazy("refused"),
    "cancelled": gettext_lazy("cancelled"),
    "clawed_back": gettext_lazy("taken back"),
    "declined": gettext_lazy("declined"),
}


def _operations(name: str, operations: Operations) -> list[dict[str, Any]]:
    asked = operations.asked
    rows = [
        {
            "name": name,
            "what": _("asked for"),
            "number": points_shown(asked.number),
            "value": roubles_shown(asked.value_minor),
        }
    ]
    for outcome, each in operations.cancelled.items():
        rows.append(
            {
                "name": "",
                "what": str(_OUTCOMES[outcome]),
                "number": points_shown(each.number),
                "number_share": _part(each.number, asked.number),
                "value": roubles_shown(each.value_minor),
                "value_share": _part(each.value_minor, asked.value_minor),
            }
        )
    return rows


def _part(part: int, whole: int) -> str:
    return percent_shown(part / whole) if whole else "–"


def _queue(figures: FraudFigures) -> list[Figure]:
    waiting = figures.waiting
    oldest = "–"
    if waiting.oldest_at is not None:
        oldest = duration_shown((figures.at - waiting.oldest_at) / timedelta(minutes=1))
    return [
        Figure(_("Open cases"), points_shown(waiting.cases), roubles_shown(waiting.value_minor)),
        Figure(
            _("Overdue"),
            points_shown(waiting.overdue),
            _("past their deadline"),
            is_alarming=bool(waiting.overdue),
        ),
        Figure(_("The oldest waits"), oldest, _("since it was opened")),
    ]


def _money_chart(weeks: list[Week]) -> Chart:
    series = [
        Series(_("Stopped"), "--color-primary-500", roubles([w.stopped_minor for w in weeks])),
        Series(_("Released"), "--color-blue-400", roubles([w.released_minor for w in weeks])),
        Series(_("Refused"), "--color-orange-400", roubles([w.refused_minor for w in weeks])),
        Series(_("Taken back"), "--color-red-500", roubles([w.taken_back_minor for w in weeks])),
    ]
    return Chart(_labels(weeks), series, _("Roubles by week; the table beneath says the same."))


def _work_chart(weeks: list[Week]) -> Chart:
    series = [
        Series(_("Opened"), "--color-blue-400", [w.opened for w in weeks]),
        Series(_("Decided"), "--color-primary-500", [w.decided for w in weeks]),
        Series(pgettext("verdict", "Fraud"), "--color-red-500", [w.frauds for w in weeks]),
    ]
    return Chart(_labels(weeks), series, _("Cases by week; the table beneath says the same."))


def _labels(weeks: list[Week]) -> list[str]:
    return [date_format(week.starts_on, "MONTH_DAY_FORMAT") for week in weeks]
