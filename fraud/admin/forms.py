"""What analysts fill in."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fraud.policy.cases import FALSE_POSITIVE, FRAUD, INCONCLUSIVE
from fraud.policy.verdicts import REFUSE, RELEASE, Verdict
from kernel.moments import start_of_day
from loyalty.queries.terms import program_zone

REASON_MAX = 500
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Choices = Sequence[tuple[Any, Any]]

VERDICTS: Choices = (
    (FRAUD, _("Confirmed fraud")),
    (FALSE_POSITIVE, _("False positive")),
    (INCONCLUSIVE, _("Inconclusive")),
)
CONSEQUENCES: Choices = ((RELEASE, _("Release it")), (REFUSE, _("Refuse it")))

# By verdict: what analysts say most often.
CANNED_REASONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (
        FRAUD,
        (
            _("One person behind several accounts."),
            _("Self-referral: inviter and invitee are one person."),
            _("Accounts made for the bonus, without real use."),
            _("Stolen card or account."),
        ),
    ),
    (
        FALSE_POSITIVE,
        (
            _("A family that shares a device."),
            _("A shop's or an office's address."),
            _("The subscriber has explained it, and it fits."),
            _("A replaced phone or card."),
        ),
    ),
    (
        INCONCLUSIVE,
        (
            _("The subscriber could not be reached."),
            _("The evidence points both ways."),
        ),
    ),
)


def _area(rows: int = 3, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "field-input field-area", "rows": rows, **attrs})


class ReasonForm(forms.Form):
    """Why a step is taken."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=_area(),
        validators=[MaxLengthValidator(REASON_MAX)],
        help_text=_("Kept with the step for ever, beside your name."),
        error_messages={"required": _("Say why: every step of a case is kept with its reason.")},
    )


class SnoozeForm(ReasonForm):
    """Until when a case sleeps, and why."""

    until = forms.DateTimeField(
        label=_("Until"),
        input_formats=MOMENT_FORMATS,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "field-input"}, format=MOMENT_FORMATS[0]
        ),
        help_text=_("At most 30 days ahead. The deadline stays where it is."),
        error_messages={"required": _("Give a date and a time.")},
    )
    field_order = ["until", "reason"]

    @classmethod
    def blank(cls, now: datetime) -> "SnoozeForm":
        """A form that proposes tomorrow."""
        until = timezone.localtime(now + timedelta(days=1)).replace(second=0, microsecond=0)
        return cls(initial={"until": until})


class VerdictForm(forms.Form):
    """A verdict with the consequences that an analyst chooses."""

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=VERDICTS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a verdict.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        widget=_area(maxlength=REASON_MAX),
        validators=[MaxLengthValidator(REASON_MAX)],
        error_messages={"required": _("Say why: a verdict is kept with its reason.")},
    )
    consequence = forms.ChoiceField(
        label=_("What becomes of the benefit"),
        choices=CONSEQUENCES,
        widget=forms.RadioSelect,
        required=False,
    )
    block = forms.TypedMultipleChoiceField(
        label=_("Block these identifiers"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    linked = forms.TypedMultipleChoiceField(
        label=_("Treat these linked accounts alike"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("They are blocked, and their open payouts are frozen."),
    )
    snooze_rules = forms.MultipleChoiceField(
        label=_("Silence these rules for this subscriber"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    snooze_until = forms.DateField(
        label=_("Until the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "field-input"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        *args: Any,
        identifiers: Choices = (),
        accounts: Choices = (),
        rules: Choices = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.fields["block"].choices = identifiers  # type: ignore[attr-defined]
        self.fields["linked"].choices = accounts  # type: ignore[attr-defined]
        self.fields["snooze_rules"].choices = rules  # type: ignore[attr-defined]

    def clean_snooze_until(self) -> datetime | None:
        """Return the end of the day in the program's zone."""
        day: date | None = self.cleaned_data["snooze_until"]
        if day is None or not self.cleaned_data.get("snooze_rules"):
            return None
        return start_of_day(day + timedelta(days=1), program_zone())

    def said(self) -> Verdict:
        """What was filled in, as the verb takes it."""
        return Verdict(**self.cleaned_data)


class BulkForm(VerdictForm):
    """One verdict over many cases; nothing is chosen that belongs to one of them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("block", "linked", "snooze_rules", "snooze_until"):
            del self.fields[name]


def snooze_until_default(now: datetime) -> date:
    """Thirty days from today."""
    return (timezone.localtime(now) + timedelta(days=30)).date()
