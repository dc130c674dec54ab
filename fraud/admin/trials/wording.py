"""Trials in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doors.amounts import NBSP, points_shown
from fraud.admin.shown import days_shown
from fraud.models import Trial
from fraud.policy.intervals import Share
from fraud.policy.trials import BACKTEST, CALIBRATION, LEARNING, MILLION
from loyalty.admin.gate.words import Word

KINDS: Mapping[str, Any] = {
    BACKTEST: _("Backtest"),
    CALIBRATION: _("Calibration"),
    LEARNING: _("Weights learnt"),
}
STATUSES: Mapping[str, Word] = {
    "waiting": Word(_("waiting"), "info"),
    "running": Word(_("running"), "warning"),
    "done": Word(_("done"), "success"),
    "failed": Word(_("failed"), "danger"),
}
OUTCOMES: Mapping[str, Any] = {
    "clear": _("let out"),
    "wait": _("waits for a verification"),
    "review": _("reviewed"),
    "refuse": _("refused"),
}


def title_of(trial: Trial) -> str:
    """What a trial is."""
    said = gettext("%(kind)s of rule set %(rule_set)s")
    if trial.kind == LEARNING:
        said = gettext("Weights of rule set %(rule_set)s, learnt from verdicts")
    return said % {"kind": KINDS[trial.kind], "rule_set": trial.rule_set_id}


class Window(Protocol):
    """Moments between which something was assessed."""

    @property
    def since(self) -> datetime: ...

    @property
    def until(self) -> datetime: ...


def window_of(trial: Window) -> str:
    """The days that a trial is about, the last one included."""
    first, last = localtime(trial.since), localtime(trial.until - timedelta(microseconds=1))
    return days_shown(first, last)


def progress_of(trial: Trial) -> int:
    """Per cent of the assessments that were dealt with; about so many."""
    if trial.status == "done":
        return 100
    return min(99, 100 * trial.done // trial.total) if trial.total else 0


def progress_said(trial: Trial) -> str:
    """How far a trial is, in a sentence."""
    if trial.status == "waiting":
        return gettext("It waits for a worker: one trial runs at a time.")
    if not trial.total:
        return gettext("It has begun.")
    return gettext("%(done)s of about %(total)s assessments") % {
        "done": points_shown(trial.done),
        "total": points_shown(trial.total),
    }


def score_shown(score_millionths: int) -> str:
    """A score with four decimals: a threshold must be told exactly."""
    return number_format(f"{score_millionths / MILLION:.4f}", 4)


def percent_shown(share: float) -> str:
    """A share in hundredths of a per cent: limits are small."""
    return f"{_hundredths(share)}{NBSP}%"


def share_shown(share: Share) -> str:
    """A counted share with its 95 % interval: 75.00 % (30.06–95.44 %), 3 of 4."""
    if not share.of:
        return gettext("nobody to tell by")
    return gettext("%(share)s (%(lower)s–%(upper)s), %(part)s of %(of)s") % {
        "share": percent_shown(share.value),
        "lower": _hundredths(share.lower),
        "upper": percent_shown(share.upper),
        "part": points_shown(share.part),
        "of": points_shown(share.of),
    }


def bounds_shown(share: Share) -> str:
    """Between which bounds a share lies, and what was counted: 30.06–95.44 %, 3 of 4."""
    return gettext("%(lower)s–%(upper)s, %(part)s of %(of)s") % {
        "lower": _hundredths(share.lower),
        "upper": percent_shown(share.upper),
        "part": points_shown(share.part),
        "of": points_shown(share.of),
    }


def area_shown(area: float | None) -> str:
    """An area under a curve."""
    return "–" if area is None else number_format(f"{area:.4f}", 4)


def hours_shown(hours: float | None) -> str:
    """Analysts' hours, or a dash where nobody knows how long a case takes."""
    return "–" if hours is None else number_format(f"{hours:.1f}", 1)


def _hundredths(share: float) -> str:
    return number_format(f"{100 * share:.2f}", 2)
