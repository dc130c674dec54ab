"""Shares, estimates and durations as people read them."""

from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from doors.amounts import NBSP, points_shown
from fraud.policy.figures import Estimate
from fraud.policy.intervals import Share

_HOUR, _DAY = 60, 60 * 24


def percent_shown(share: float) -> str:
    """A share as 1.1 %."""
    return f"{_tenths(share)}{NBSP}%"


def share_shown(share: Share, of_what: str) -> str:
    """A counted share with its interval: 2 of 180 reviewed, 1.1 % (0.3–4.0 %)."""
    if not share.of:
        return _("Nothing was reviewed yet.")
    return _("%(part)s of %(of)s %(of_what)s, %(share)s (%(lower)s–%(upper)s)") % {
        "part": points_shown(share.part),
        "of": points_shown(share.of),
        "of_what": of_what,
        "share": percent_shown(share.value),
        "lower": _tenths(share.lower),
        "upper": percent_shown(share.upper),
    }


def estimate_shown(estimate: Estimate | None) -> str:
    """An estimated share with its interval."""
    if estimate is None:
        return _("Takes verdicts over what was stopped, and over the random sample.")
    return _("estimated from both (%(lower)s–%(upper)s)") % {
        "lower": _tenths(estimate.lower),
        "upper": percent_shown(estimate.upper),
    }


def duration_shown(minutes: float) -> str:
    """Minutes as the unit that people would use."""
    if minutes < 2 * _HOUR:
        return _("%(number)s min") % {"number": points_shown(round(minutes))}
    if minutes < 2 * _DAY:
        return _("%(number)s h") % {"number": points_shown(round(minutes / _HOUR))}
    return _("%(number)s days") % {"number": points_shown(round(minutes / _DAY))}


def _tenths(share: float) -> str:
    return number_format(round(100 * share, 1), 1)


def days_shown(first: date, last: date) -> str:
    """A period by its first and its last day."""
    return f"{date_format(first, 'DATE_FORMAT')} – {date_format(last, 'DATE_FORMAT')}"
