"""What is asked of the trail, in the page's address."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from audit.admin.words import ACTIONS, KINDS, actor_called
from audit.queries.trail import Asked, Place

_DAY = {"type": "date", "class": "field-input"}
_TEXT = {"class": "field-input", "autocomplete": "off"}


class AskedForm(forms.Form):
    """Who, what and when; all of it may be left out."""

    who = forms.CharField(
        label=_("Who"), required=False, max_length=150, widget=forms.TextInput(attrs=_TEXT)
    )
    kind = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("anything")), *((name, kind.title) for name, kind in KINDS.items())],
        widget=forms.Select(attrs=_TEXT),
    )
    words = forms.CharField(
        label=_("Which"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={**_TEXT, "placeholder": _("name, number or id")}),
    )
    action = forms.ChoiceField(
        label=_("How"),
        required=False,
        choices=[("", _("in any way")), *ACTIONS.items()],
        widget=forms.Select(attrs=_TEXT),
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=_DAY))
    upto = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs=_DAY))
    # Of one object's history, with its kind.
    object = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())

    def clean(self) -> dict[str, Any]:
        """Refuse what the database can't look for."""
        said: dict[str, Any] = super().clean() or {}
        since, upto = said.get("since"), said.get("upto")
        if since and upto and upto < since:
            self.add_error("upto", _("It ends before it begins."))
        return said

    def asked(self) -> Asked:
        """What was asked for, the days in the zone of the page."""
        said = self.cleaned_data
        since, upto = said["since"], said["upto"]
        return Asked(
            who=actor_called(said["who"]) or None,
            kind=said["kind"] or None,
            object=said["object"] or None,
            action=said["action"] or None,
            since=_midnight(since) if since else None,
            until=_midnight(upto + timedelta(days=1)) if upto else None,
            words=said["words"] or None,
        )


def place_of(text: str) -> Place | None:
    """Where the last page ended; None if the text, which anybody may change, says nothing."""
    moment, _dot, rest = text.partition("~")
    table, _dot, number = rest.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return Place(at, table, int(number)) if at.tzinfo and "\x00" not in table else None
    except (ValueError, OverflowError):
        return None


def place_text(place: Place) -> str:
    """The place for an address."""
    return f"{place.at.isoformat()}~{place.table}~{place.number}"


def _midnight(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=get_current_timezone())
