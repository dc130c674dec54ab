"""What is asked of whoever starts a trial."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from fraud.admin.rule_sets.wording import STATES
from fraud.models import Trial
from fraud.policy.trials import MILLION, MINUTES_PER_CASE_MAX
from fraud.queries.rule_sets import rule_set_course, rule_sets_in_use
from kernel.moments import day_of, start_of_day
from loyalty.queries.terms import program_zone

DAYS_PROPOSED = 90
_FIELD = {"class": "field-input"}


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", **_FIELD}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, help_text=help_text)


class TrialForm(forms.Form):
    """A rule set, and the days whose benefits it is tried on."""

    rule_set = forms.TypedChoiceField(
        label=_("Rule set"), coerce=int, widget=forms.Select(attrs=_FIELD)
    )
    since = _day(_("From"))
    upto = _day(_("To"), _("The last day is included. What was assessed on these days is tried."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        course = rule_set_course(now=datetime.now(UTC))
        self.fields["rule_set"].choices = [  # type: ignore[attr-defined]
            (number, _choice(number, course.state_of(each), each.note))
            for number, each in course.versions.items()
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse days that end before they begin."""
        said = super().clean() or {}
        if "since" in said and "upto" in said and said["upto"] < said["since"]:
            self.add_error("upto", _("It ends before it begins."))
        return said

    def asked(self) -> dict[str, Any]:
        """What was filled in, as the verbs take it."""
        said, zone = self.cleaned_data, program_zone()
        return {
            "rule_set": said["rule_set"],
            "since": start_of_day(said["since"], zone),
            "until": start_of_day(said["upto"] + timedelta(days=1), zone),
        }


class BacktestForm(TrialForm):
    """How a backtest judges."""

    recompute = forms.BooleanField(
        label=_("Gather the facts anew"),
        required=False,
        help_text=_(
            "Each as of the moment of its assessment, instead of reading what was kept: for"
            " signals that are measured otherwise since. It takes much longer."
        ),
    )
    minutes_per_case = forms.IntegerField(
        label=_("Minutes per case"),
        required=False,
        min_value=1,
        max_value=MINUTES_PER_CASE_MAX,
        widget=forms.NumberInput(attrs=_FIELD),
        help_text=_("An analyst's. Left empty: the median from claim to verdict so far."),
    )

    def asked(self) -> dict[str, Any]:
        """What was filled in, as the verb takes it."""
        said = self.cleaned_data
        own = {name: said[name] for name in ("recompute", "minutes_per_case")}
        return super().asked() | own


class CalibrationForm(TrialForm):
    """How strict a threshold must be."""

    limit = forms.DecimalField(
        label=_("Normal users who may be stopped, %"),
        initial=Decimal(1),
        min_value=Decimal("0.01"),
        max_value=Decimal(50),
        max_digits=4,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", **_FIELD}),
        help_text=_(
            "A threshold is accepted only if the upper bound of the 95 % interval of normal"
            " users stopped is beneath it."
        ),
    )

    def asked(self) -> dict[str, Any]:
        """What was filled in, as the verb takes it."""
        limit_millionths = int(self.cleaned_data["limit"] * MILLION / 100)
        return {**super().asked(), "false_positives_max_millionths": limit_millionths}


def proposed(now: datetime) -> dict[str, Any]:
    """The live rule set over the last ninety days."""
    today = day_of(now, program_zone())
    since = today - timedelta(days=DAYS_PROPOSED - 1)
    return {"rule_set": rule_sets_in_use(now=now)[0].number, "since": since, "upto": today}


def asked_before(trial: Trial) -> dict[str, Any]:
    """What an earlier trial was asked for with."""
    said = {
        "rule_set": trial.rule_set_id,
        "since": localtime(trial.since, program_zone()).date(),
        "upto": _last_day(trial),
        **trial.options,
    }
    if "false_positives_max_millionths" in said:
        said["limit"] = Decimal(said["false_positives_max_millionths"]) * 100 / MILLION
    return said


def _last_day(trial: Trial) -> date:
    return localtime(trial.until - timedelta(microseconds=1), program_zone()).date()


def _choice(number: int, state: str, note: str) -> str:
    return f"{number} ({STATES[state].text}){': ' if note else ''}{note[:60]}"
