"""Forms of the terms: one typed field for each term, made from the terms themselves."""

from datetime import datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kernel.moments import add_months
from kernel.money import MINOR_PER_MAJOR, minor_from
from loyalty.admin.statement import MOMENT_FORMATS
from loyalty.admin.terms.wording import said, unit_of, wording_of
from loyalty.policy.terms import TIERS, InvalidTerms, Terms
from loyalty.policy.terms_changes import Term, content_with, terms_by_path

# What has a sense only above zero; the policy says the same of all of them together.
AT_LEAST_ONE = {"point_value_minor", "lot_life_months", "tier_window_months"}
FIXED = {"tiers.bronze.paid_min_minor"}
# Far beyond any program, and far from where a calendar ends.
LARGEST = {"months": 600, "days": 3_650, "hours": 8_760, "count": 100_000, "points": 1_000_000_000}
ROUBLES_MAX = Decimal(1_000_000_000)
UNIT_SIGNS = {
    "roubles": "₽",
    "months": _("months"),
    "days": _("days"),
    "hours": _("hours"),
    "points": _("points"),
    "factor": "×",
    "count": "",
}


class TermsForm(forms.Form):
    """A draft: every term in its unit, and a note on why the version is made."""

    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "field-input field-wide"}),
        help_text=_("Why this version is made, for whoever activates it and whoever reads it."),
    )

    def __init__(self, *args: Any, terms: Terms, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terms = terms_by_path(terms)
        for path, value in self.terms.items():
            self.fields[path] = _field(path, value)

    def sections(self) -> list[tuple[Any, list[tuple[forms.BoundField, Any, Any]]]]:
        """The fields by section, each with its path's unit and explanation."""
        found: dict[Any, list[tuple[forms.BoundField, Any, Any]]] = {}
        for path in self.terms:
            words = wording_of(path)
            row = (self[path], UNIT_SIGNS[unit_of(path)], words.explanation)
            found.setdefault(words.section, []).append(row)
        return list(found.items())

    def clean(self) -> dict[str, Any]:
        """Refuse what can't be terms together, at the field if one is to blame."""
        cleaned = super().clean() or self.cleaned_data
        self._compare_tiers(cleaned)
        if not self.errors:
            try:
                Terms.from_content(self.content())
            except InvalidTerms as refusal:
                self.add_error(None, str(refusal))
        return cleaned

    def content(self) -> dict[str, Any]:
        """What the draft says, as the verb takes it."""
        return content_with({path: _term(path, self.cleaned_data[path]) for path in self.terms})

    def _compare_tiers(self, cleaned: dict[str, Any]) -> None:
        paths = [f"tiers.{tier}.paid_min_minor" for tier in TIERS]
        for lower, higher in pairwise(paths):
            least, more = cleaned.get(lower), cleaned.get(higher)
            if least is not None and more is not None and more <= least:
                self.add_error(
                    higher,
                    _("A higher tier needs more than the one below it: more than %(least)s.")
                    % {"least": said(lower, _term(lower, least))},
                )


class ActivationForm(forms.Form):
    """From when on a version shall be in force."""

    effective_from = forms.DateTimeField(
        label=_("In force from"),
        input_formats=MOMENT_FORMATS,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "field-input"}, format=MOMENT_FORMATS[0]
        ),
    )


class NoteForm(forms.Form):
    """Why an earlier version comes back."""

    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "field-input field-wide"}),
        help_text=_("Why this version is made, for whoever activates it and whoever reads it."),
        error_messages={"required": _("Say in a few words why this version is made.")},
    )


class WithdrawalForm(forms.Form):
    """Why terms that were to begin are called off."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "field-input field-wide"}),
        help_text=_("Kept for ever, beside your name."),
        error_messages={"required": _("Say why it is withdrawn.")},
    )


def next_month(now: datetime) -> datetime:
    """The usual beginning of terms: the first instant of the next month, in the present zone."""
    day = add_months(timezone.localtime(now).date().replace(day=1), 1)
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def _field(path: str, value: Term) -> forms.Field:
    unit = unit_of(path)
    common: dict[str, Any] = {"label": wording_of(path).name, "disabled": path in FIXED}
    widget = forms.NumberInput(attrs={"class": "field-input"})
    if unit == "roubles":
        least = Decimal("0.01") if path in AT_LEAST_ONE else Decimal(0)
        return forms.DecimalField(
            **common,
            initial=Decimal(value) / MINOR_PER_MAJOR,
            min_value=least,
            max_value=ROUBLES_MAX,
            decimal_places=2,
            widget=widget,
        )
    if isinstance(value, Decimal):
        above_zero = path.endswith("multiplier")
        return forms.DecimalField(
            **common,
            initial=value,
            min_value=Decimal("0.0001") if above_zero else Decimal(0),
            max_value=Decimal(10_000),
            decimal_places=4,
            widget=widget,
        )
    return forms.IntegerField(
        **common,
        initial=value,
        min_value=1 if path in AT_LEAST_ONE else 0,
        max_value=LARGEST[unit],
        widget=widget,
    )


def _term(path: str, entered: Any) -> Term:
    if unit_of(path) == "roubles":
        return minor_from(Decimal(entered))
    if isinstance(entered, Decimal):
        # 1.50 is 1.5, and 100 is not 1E+2.
        return Decimal(f"{entered.normalize():f}")
    return int(entered)
