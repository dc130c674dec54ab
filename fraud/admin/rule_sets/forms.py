"""The form of a draft: one typed field for each threshold, weight and rule."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from doors.translation import translated
from fraud.admin.forms import MOMENT_FORMATS
from fraud.admin.rule_sets.curves import CurveField
from fraud.admin.rule_sets.wording import ACTIONS as ACTION_WORDS
from fraud.admin.rule_sets.wording import (
    SCORE_DECIMALS,
    is_number_of_accounts,
    said,
    wording_of,
)
from fraud.policy.rule_set_changes import Item, content_with, items_by_path
from fraud.policy.rules import ACTIONS
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.rulesets import WHOLE_MAX, InvalidRuleSet, RuleSet
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.policy.step_curves import StepCurve

PERCENT = Decimal(100)
# What learning and calibration write has six decimals.
DECIMALS = 6
NOTE_MAX = 500
NUMBER_ERRORS = {
    "required": _("A number is needed; 0 leaves it out."),
    "invalid": _("This is a number, such as 0.25."),
    "min_value": _("Nothing below %(limit_value)s."),
    "max_value": _("Nothing above %(limit_value)s."),
    "max_decimal_places": _("At most %(max)s decimals."),
}
WHOLE_ERRORS = {
    **NUMBER_ERRORS,
    "required": _("A number is needed."),
    "invalid": _("This is a whole number, such as 50."),
}


class Row(NamedTuple):
    """A field with all that stands beside it."""

    field: forms.BoundField
    unit: Any
    meaning: Any
    counts: Any
    live: str


class RuleSetForm(forms.Form):
    """A draft: every item in its unit, and a note on why the version is made."""

    note = forms.CharField(
        label=_("Note"),
        max_length=NOTE_MAX,
        widget=forms.TextInput(attrs={"class": "field-input field-wide"}),
        help_text=_("Why this version is made, for whoever approves it and whoever reads it."),
        error_messages={"required": _("Say in a few words why this version is made.")},
    )

    def __init__(self, *args: Any, rules: RuleSet, live: RuleSet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.items = items_by_path(rules)
        self.live_items = items_by_path(live)
        for path, value in self.items.items():
            self.fields[path] = _field(path, value)

    def sections(self) -> list[tuple[Any, list[Row]]]:
        """The fields by section, each with its unit, its meaning, and the live value."""
        found: dict[Any, list[Row]] = {}
        for path in self.items:
            words = wording_of(path)
            live = said(path, self.live_items[path])
            row = Row(self[path], _unit_of(path), words.meaning, words.counts, live)
            found.setdefault(words.section, []).append(row)
        return list(found.items())

    def clean(self) -> dict[str, Any]:
        """Refuse what can't be a rule set together, at the field if one is to blame."""
        cleaned = super().clean() or self.cleaned_data
        review, block = cleaned.get("review_from"), cleaned.get("block_from")
        if review is not None and block is not None and review >= block:
            said = _("What is refused scores more than what is reviewed: more than %(review)s.")
            self.add_error("block_from", said % {"review": review})
        if not self.errors:
            try:
                RuleSet.from_content(self.content())
            except InvalidRuleSet as refusal:
                self.add_error(None, translated(refusal.detail))
        return cleaned

    def content(self) -> dict[str, Any]:
        """What the draft says, as the verb takes it."""
        return content_with({path: _item(path, self.cleaned_data[path]) for path in self.items})


class StartForm(forms.Form):
    """From when on an approved rule set screens."""

    starts_at = forms.DateTimeField(
        label=_("Live from"),
        required=False,
        input_formats=MOMENT_FORMATS,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "field-input"}, format=MOMENT_FORMATS[0]
        ),
        help_text=_("Left empty: at once. Until it starts it can be withdrawn."),
        error_messages={"invalid": _("This is not a moment: give a date and a time.")},
    )


class NoteForm(forms.Form):
    """Why an earlier version comes back."""

    note = forms.CharField(
        label=_("Note"),
        max_length=NOTE_MAX,
        widget=forms.TextInput(attrs={"class": "field-input field-wide"}),
        help_text=_("Why this version is made, for whoever approves it and whoever reads it."),
        error_messages={"required": _("Say in a few words why this version is made.")},
    )


class WithdrawalForm(forms.Form):
    """Why something that was to start is called off."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=NOTE_MAX,
        widget=forms.TextInput(attrs={"class": "field-input field-wide"}),
        help_text=_("Kept for ever, beside your name."),
        error_messages={"required": _("Say why it is withdrawn.")},
    )


def _field(path: str, value: Item) -> forms.Field:
    label = wording_of(path).name
    group, _dot, name = path.partition(".")
    if group == "actions":
        return _action_field(label, name, str(value))
    if group == "curves":
        curve = value if isinstance(value, StepCurve) else None
        return CurveField(SIGNALS[name], curve, label=label)
    if is_number_of_accounts(path):
        return forms.IntegerField(
            label=label,
            initial=value,
            min_value=1,
            max_value=WHOLE_MAX,
            widget=_number(1),
            error_messages=WHOLE_ERRORS,
        )
    is_share = path == "sample_share"
    assert not isinstance(value, StepCurve), "a number's field"
    return forms.DecimalField(
        label=label,
        initial=_initial(value, is_share),
        required=path not in ("review_from", "block_from"),
        min_value=0,
        max_value=100,
        decimal_places=DECIMALS - 2 if is_share else DECIMALS,
        widget=_number("any"),
        error_messages=NUMBER_ERRORS,
    )


def _action_field(label: Any, name: str, value: str) -> forms.Field:
    is_fixed = RULES[name].is_fixed
    choices: Sequence[str] = (value,) if is_fixed else ACTIONS
    return forms.ChoiceField(
        label=label,
        initial=value,
        disabled=is_fixed,
        choices=[(each, ACTION_WORDS[each].text) for each in choices],
        widget=forms.Select(attrs={"class": "field-input"}),
        error_messages={"invalid_choice": _("Choose one of what a rule can do.")},
    )


def _number(step: Any) -> forms.NumberInput:
    return forms.NumberInput(attrs={"class": "field-input", "step": step})


def _initial(value: Decimal | int | str | None, is_share: bool) -> str | None:
    """What stands in a number's field: 0.30 as it is read elsewhere, and a share as per cent."""
    if value is None:
        return None
    written = _written(Decimal(value) * PERCENT if is_share else Decimal(value))
    own = len(written.partition(".")[2])
    return written if is_share else f"{Decimal(written):.{max(own, SCORE_DECIMALS)}f}"


def _written(value: Decimal) -> str:
    """Without needless zeros, and never as 1E+2."""
    return f"{value.normalize():f}"


def _item(path: str, entered: Any) -> Item:
    if path == "sample_share":
        return Decimal(_written(entered / PERCENT))
    return Decimal(_written(entered)) if isinstance(entered, Decimal) else entered


def _unit_of(path: str) -> Any:
    if is_number_of_accounts(path):
        return _("accounts")
    return "%" if path == "sample_share" else ""
