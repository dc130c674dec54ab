"""What the parameters of a filter set may be: as strict as every other parameter."""

from functools import cache
from typing import Any

import django_filters
from django_filters import FilterSet

from doors.api.fields import (
    DateField,
    InstantField,
    StrictChoice,
    StrictField,
    StrictString,
)

# Ids are looked for, and not made: one that couldn't be made any more is found by its filter.
_TEXT_LENGTH_MAX = 64


@cache
def filter_fields(filterset_class: type[FilterSet]) -> dict[str, StrictField]:
    """Return the field that reads the text of each of a filter set's parameters."""
    return {name: _field_of(each) for name, each in filterset_class.base_filters.items()}


def _field_of(each: Any) -> StrictField:
    if isinstance(each, django_filters.ChoiceFilter):
        return StrictChoice([value for value, _ in each.extra["choices"]])
    if isinstance(each, django_filters.BooleanFilter):
        return StrictChoice(["true", "false"])
    if isinstance(each, django_filters.IsoDateTimeFilter):
        return InstantField()
    if isinstance(each, django_filters.DateFilter):
        return DateField()
    assert isinstance(each, django_filters.CharFilter), f"nothing says what {each} accepts"
    return StrictString(max_length=_TEXT_LENGTH_MAX)
