"""Why an account is unusual: each measure as a bar against what is usual."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fraud.admin.words import measured
from fraud.policy.anomalies import THOUSANDTHS, TITLES
from fraud.policy.features import BY_NAME
from fraud.queries.unusual import Unusual


class Measure(NamedTuple):
    """A measure, what is usual, and both as parts of the larger one in per cent."""

    title: str
    value: str
    usual: str
    percent: int
    usual_percent: int


class UnusualShown(NamedTuple):
    """What was found unusual, in words and bars."""

    lead: str
    measures: list[Measure]
    measured_at: datetime
    sentence: str


def unusual_shown(found: Unusual) -> UnusualShown:
    """What is said of an unusual account on its case's page."""
    return UnusualShown(
        lead_of(found), [measure_of(each) for each in found.measures], found.measured_at,
        found.sentence,
    )  # fmt: skip


def lead_of(found: Unusual) -> str:
    """How unusual it is, and by what that was told."""
    if found.alike:
        words = ngettext(
            "%(n)s fresh account behaves alike.", "%(n)s fresh accounts behave alike.", found.alike
        )
        return words % {"n": found.alike}
    if found.percentile_thousandths is None:
        return ""
    return _("%(model)s: more unusual than %(percentile)s of all.") % {
        "model": _(TITLES[found.kind]) if found.kind in TITLES else found.kind,
        "percentile": percentile_shown(found),
    }


def percentile_shown(found: Unusual) -> str:
    """The share of all who are less unusual."""
    if found.percentile_thousandths is None:
        return ""
    value = found.percentile_thousandths / THOUSANDTHS
    return f"{number_format(value, 2)}\u00a0%"


def measure_of(said: Mapping[str, Any]) -> Measure:
    """One measure against what is usual."""
    feature = BY_NAME.get(said["feature"])
    unit = feature.unit if feature else ""
    value, usual = float(said["value"]), float(said["usual"])
    whole = max(abs(value), abs(usual)) or 1.0
    return Measure(
        _(feature.title) if feature else str(said["feature"]),
        measure_shown(value, unit),
        measure_shown(usual, unit),
        _percent(value, whole),
        _percent(usual, whole),
    )


def measure_shown(value: float, unit: str) -> str:
    """A measure with its unit; shares in per cent, yes or no in words."""
    if unit == "yes or no":
        return _("yes") if value >= 0.5 else _("no")
    if unit == "share":
        return f"{number_format(round(100 * value), 0)}\u00a0%"
    decimals = 0 if abs(value) >= 100 or value == int(value) else 2
    return measured(
        value, unit, number_format(round(value, decimals), decimals, force_grouping=True)
    )


def _percent(part: float, whole: float) -> int:
    return max(1, round(100 * abs(part) / whole))
