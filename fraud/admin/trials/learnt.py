"""What was learnt from verdicts, as the page of the trial shows it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from doors.amounts import points_shown
from fraud.admin.figures import Figure
from fraud.admin.rule_sets.curves import Picture, curve_said, picture_of
from fraud.admin.trials.wording import area_shown, share_shown
from fraud.admin.words import signal_title
from fraud.models import Trial
from fraud.policy.comparisons import (
    BOOSTED,
    DISJOINT,
    LOGISTIC,
    WAYS,
    Comparison,
    Gain,
    Measured,
)
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.policy.signals import falling
from fraud.policy.step_curves import StepCurve, content_of
from fraud.policy.trials import comparisons_of

_PERCENT = 100


class CurveShown(NamedTuple):
    """A learned curve, or that the signal counts by its own again."""

    title: str
    said: str
    picture: Picture | None


class MeasureRow(NamedTuple):
    """One measure of both models; the difference only where it decides."""

    name: str
    logistic: str
    boosted: str
    difference: str


class ComparisonShown(NamedTuple):
    """Both models on users that were held out."""

    title: str
    rows: Sequence[MeasureRow]


def learning_shown(trial: Trial) -> dict[str, Any]:
    """Learnt weights: what changes, how both tell the same verdicts apart, and which model won."""
    found: dict[str, Any] = trial.result or {}
    comparisons = comparisons_of(found)
    return {
        "sentence": _(
            "Learnt from %(frauds)s frauds and %(normal)s normal users: payouts and redemptions"
            " that were assessed in this time and whose last clear verdict is confirmed fraud or"
            " false positive, each once. Each area is measured on"
            " the very verdicts that the weights were learnt from, so that the new one flatters:"
            " backtest and calibrate the draft before it is proposed."
        )
        % {"frauds": points_shown(found["frauds"]), "normal": points_shown(found["normal"])},
        "model": _model_said(found.get("model", ""), comparisons),
        "figures": [
            Figure(_("Area under the ROC curve, before"), area_shown(found["auc_before"]), ""),
            Figure(_("The same with the learnt weights"), area_shown(found["auc"]), ""),
        ],
        "comparisons": [_comparison(each) for each in comparisons],
        "changes": [
            {
                "title": _signal(each["path"]),
                "old": each["old"],
                "new": each["new"],
                "is_more": float(each["new"]) > float(each["old"]),
            }
            for each in found["changes"]
            if each["path"].startswith("weights.")
        ],
        "curves": [_curve(each) for each in found["changes"] if each["path"].startswith("curves.")],
    }


def _model_said(model: str, comparisons: Sequence[Comparison]) -> str:
    """Which model the draft holds, and why; nothing of trials from before both were tried."""
    if model == BOOSTED:
        return _(
            "The draft counts by learned curves of a boosted model: on verdicts that were held"
            " out it was surely better than the logistic weights, both among users who share"
            " nothing and in the order of time."
        )
    if model != LOGISTIC:
        return ""
    if len(comparisons) < len(WAYS):
        return _(
            "The draft holds logistic weights. A boosted model is proposed only where it is"
            " better on verdicts that were held out, and there were too few for both comparisons."
        )
    return _(
        "The draft holds logistic weights. A boosted model was tried too, and was not surely"
        " better on verdicts that were held out; by how much, stands below."
    )


def _comparison(found: Comparison) -> ComparisonShown:
    title = (
        _("Held out by devices and addresses: five parts that share none")
        if found.way == DISJOINT
        else _("Held out in time: the later half, by what the earlier one teaches")
    )
    return ComparisonShown(title, list(_rows(found.logistic, found.boosted, found)))


def _rows(logistic: Measured, boosted: Measured, found: Comparison) -> Iterator[MeasureRow]:
    yield MeasureRow(
        _("Area under the ROC curve"),
        area_shown(logistic.auc),
        area_shown(boosted.auc),
        _gain(found.auc_gain, 4),
    )
    in_percent = Gain(*(_PERCENT * each for each in found.caught_gain))
    yield MeasureRow(
        _("Frauds caught while 1 % of normal users are stopped"),
        share_shown(logistic.at_limit),
        share_shown(boosted.at_limit),
        _("%(points)s percentage points") % {"points": _gain(in_percent, 2)},
    )
    yield MeasureRow(
        _("Frauds stopped by the threshold that was chosen with the model"),
        share_shown(logistic.caught),
        share_shown(boosted.caught),
        "",
    )
    yield MeasureRow(
        _("Normal users stopped by it"),
        share_shown(logistic.stopped),
        share_shown(boosted.stopped),
        "",
    )


def _gain(gain: Gain, decimals: int) -> str:
    """A difference with its 95 % interval: +0.0123 (−0.0010 to +0.0256)."""
    value, low, high = (_signed(each, decimals) for each in gain)
    return _("%(value)s (%(low)s to %(high)s)") % {"value": value, "low": low, "high": high}


def _signed(value: float, decimals: int) -> str:
    rounded = round(value, decimals)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return sign + number_format(f"{abs(rounded):.{decimals}f}", decimals)


def _curve(change: Mapping[str, str]) -> CurveShown:
    name = change["path"].removeprefix("curves.")
    if not change["new"]:
        return CurveShown(_signal(change["path"]), _("counts by its own curve again"), None)
    signal = SIGNALS[name]
    curve = StepCurve.from_content(content_of(change["new"]), is_falling=signal.curve is falling)
    return CurveShown(_signal(change["path"]), curve_said(signal, curve), picture_of(signal, curve))


def _signal(path: str) -> str:
    name = path.partition(".")[2]
    return signal_title(name) if name in SIGNALS else path
