"""What trials found, as their pages show it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from doors.amounts import points_shown, roubles_shown
from fraud.admin.charts import Chart, Curves, Line, Series
from fraud.admin.figures import Figure
from fraud.admin.pages import case_address
from fraud.admin.trials.wording import (
    OUTCOMES,
    area_shown,
    bounds_shown,
    hours_shown,
    percent_shown,
    score_shown,
    share_shown,
)
from fraud.admin.words import SUBJECTS, VERDICTS
from fraud.models import Trial
from fraud.policy.backtest import FLIPS_SHOWN, Confusion
from fraud.policy.curves import Point, thinned
from fraud.policy.intervals import Share, share_of
from fraud.policy.trials import MILLION
from fraud.queries.trials import cases_of
from loyalty.admin.gate.words import Word

_ROWS_SHOWN = 25


class ConfusionShown(NamedTuple):
    """Stopped or let out, against verdicts: four counts, and three shares with intervals."""

    title: str
    counts: Mapping[str, str]
    shares: Sequence[tuple[str, str]]
    is_empty: bool


def backtest_shown(trial: Trial) -> dict[str, Any]:
    """A backtest: what would have changed, in roubles, verdicts and hours."""
    found: dict[str, Any] = trial.result or {}
    return {
        "is_empty": not found["subjects"],
        "sentence": _backtest_sentence(trial, found),
        "figures": [
            Figure(
                _("Let out then, stopped now"),
                roubles_shown(found["stopped_minor"]),
                _("of %(value)s assessed") % {"value": roubles_shown(found["value_minor"])},
            ),
            Figure(
                _("Stopped then, let out now"),
                roubles_shown(found["released_minor"]),
                _("of %(value)s assessed") % {"value": roubles_shown(found["value_minor"])},
            ),
            Figure(
                _("Verdicts that would flip"),
                points_shown(found["flipped"]),
                _("judged by persons, and now treated otherwise"),
            ),
            Figure(
                _("Reviews"),
                f"{points_shown(found['reviews'])} → {points_shown(found['would_review'])}",
                _hours_note(found),
            ),
        ],
        "ways": [
            {
                "before": OUTCOMES[way["before"]],
                "after": OUTCOMES[way["after"]],
                "is_change": way["before"] != way["after"],
                "count": points_shown(way["subjects"]),
                "value": roubles_shown(way["value_minor"]),
            }
            for way in found["ways"]
        ],
        "confusions": [
            _confusion(_("As it was then"), found["happened"]),
            _confusion(_("Under this rule set"), found["would_be"]),
        ],
        "reviews_chart": _then_and_now(
            _("Reviews"), "--color-primary-500", found["reviews"], found["would_review"]
        ),
        "hours_chart": None
        if found["hours"] is None
        else _then_and_now(
            _("Analysts' hours"),
            "--color-blue-400",
            round(found["hours"], 1),
            round(found["would_take_hours"], 1),
        ),
        "flips": _flips(found["flips"]),
        "flips_cut": points_shown(FLIPS_SHOWN) if found["flipped"] > FLIPS_SHOWN else "",
    }


def calibration_shown(trial: Trial) -> dict[str, Any]:
    """A calibration: both curves, and the threshold that was accepted, or why none."""
    found: dict[str, Any] = trial.result or {}
    points = [_point(each) for each in found["points"]]
    accepted = None if found["accepted"] is None else _point(found["accepted"])
    limit = trial.options["false_positives_max_millionths"] / MILLION
    return {
        "is_empty": not found["frauds"],
        "why_empty": _why_empty(found),
        "sentence": _accepted_sentence(accepted, limit)
        if accepted is not None
        else _why_none(found, limit),
        "is_accepted": accepted is not None,
        "told_by": _(
            "Told by %(frauds)s frauds and %(normal)s normal users; %(undecided)s that were"
            " stopped and have no clear verdict count as neither. A fraud here is a payout or a"
            " redemption that was assessed in this time and whose last clear verdict, given"
            " whenever, is confirmed fraud; it counts once, as it was found first. Normal is what"
            " was found to be so, and what was let out and nobody called a fraud."
        )
        % {name: points_shown(found[name]) for name in ("frauds", "normal", "undecided")},
        "figures": _calibration_figures(found, accepted),
        "roc": _roc(points, accepted, found["auc"]),
        "precision_recall": _precision_recall(points, accepted, found),
        "points": _rows(points, accepted),
    }


def _backtest_sentence(trial: Trial, found: dict[str, Any]) -> str:
    return _(
        "Rule set %(rule_set)s over %(subjects)s benefits of %(value)s: %(stopped)s that was let"
        " out would have been stopped, and %(released)s that was stopped would have been let out."
    ) % {
        "rule_set": trial.rule_set_id,
        "subjects": points_shown(found["subjects"]),
        "value": roubles_shown(found["value_minor"]),
        "stopped": roubles_shown(found["stopped_minor"]),
        "released": roubles_shown(found["released_minor"]),
    }


def _hours_note(found: dict[str, Any]) -> str:
    if found["minutes_per_case"] is None:
        return _("nobody knows yet how long a case takes")
    return _("%(hours)s → %(would)s analysts' hours, %(minutes)s min a case") % {
        "hours": hours_shown(found["hours"]),
        "would": hours_shown(found["would_take_hours"]),
        "minutes": points_shown(round(found["minutes_per_case"])),
    }


def _confusion(title: str, counts: Mapping[str, int]) -> ConfusionShown:
    confusion = Confusion(**counts)
    return ConfusionShown(
        title,
        {name: points_shown(count) for name, count in counts.items()},
        [
            (_("Frauds stopped"), share_shown(confusion.recall)),
            (_("Normal users stopped"), share_shown(confusion.false_positive_rate)),
            (_("Frauds among those stopped"), share_shown(confusion.precision)),
        ],
        not any(counts.values()),
    )


def _then_and_now(name: str, colour: str, then: float, now: float) -> Chart:
    said = _("%(name)s: %(then)s then, %(now)s under this rule set") % {
        "name": name,
        "then": then,
        "now": now,
    }
    return Chart([_("Then"), _("Under this rule set")], [Series(name, colour, [then, now])], said)


def _flips(flips: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    cases = cases_of({(each["subject_type"], each["subject_id"]) for each in flips})
    return [
        {
            "about": SUBJECTS.get(each["subject_type"]) or each["subject_type"],
            "subject_id": each["subject_id"],
            "address": _case_of(cases.get((each["subject_type"], each["subject_id"]))),
            "verdict": VERDICTS.get(each["verdict"], Word(each["verdict"], "default")),
            "before": OUTCOMES[each["before"]],
            "after": OUTCOMES[each["after"]],
            "value": roubles_shown(each["value_minor"]),
        }
        for each in flips
    ]


def _case_of(number: int | None) -> str:
    return "" if number is None else case_address(number)


def _point(content: Mapping[str, Any]) -> Point:
    return Point(
        content["score_millionths"],
        *(_share(content[name]) for name in ("caught", "stopped", "precision")),
    )


def _share(content: Sequence[int]) -> Share:
    part, of = content
    return share_of(part, of)


def _why_empty(found: dict[str, Any]) -> str:
    if not found["normal"]:
        return _("Nothing was assessed in this time: there is nothing to calibrate by.")
    return _(
        "Nobody was found to be a fraud in this time: there is nothing to calibrate by."
        " %(normal)s normal users were."
    ) % {"normal": points_shown(found["normal"])}


def _accepted_sentence(accepted: Point, limit: float) -> str:
    return _(
        "Reviewed from a score of %(score)s on: it stops %(caught)s of the frauds and"
        " %(stopped)s of the normal users. The upper bound of the latter's 95 %% interval,"
        " %(upper)s, is beneath the limit of %(limit)s."
    ) % {
        "score": score_shown(accepted.score_millionths),
        "caught": percent_shown(accepted.caught.value),
        "stopped": percent_shown(accepted.stopped.value),
        "upper": percent_shown(accepted.stopped.upper),
        "limit": percent_shown(limit),
    }


def _why_none(found: dict[str, Any], limit: float) -> str:
    none_stopped = share_of(0, found["normal"])
    said = {
        "limit": percent_shown(limit),
        "normal": points_shown(found["normal"]),
        "upper": percent_shown(none_stopped.upper),
    }
    if none_stopped.upper >= limit:
        return (
            _(
                "No threshold is accepted: there were too few normal users to be sure by. Of"
                " %(normal)s, even where none is stopped the true share may be %(upper)s, and the"
                " limit is %(limit)s. Choose a longer time or a higher limit."
            )
            % said
        )
    return (
        _(
            "No threshold is accepted: even the strictest one stops so many normal users that the"
            " upper bound of their share is %(limit)s or more. The highest scores are not those of"
            " frauds."
        )
        % said
    )


def _calibration_figures(found: dict[str, Any], accepted: Point | None) -> list[Figure]:
    figures = [
        Figure(
            _("Area under the ROC curve"),
            area_shown(found["auc"]),
            _("1 tells all apart, 0.5 is chance"),
        ),
        Figure(
            _("Average precision"),
            area_shown(found["average_precision"]),
            _("the area under the precision-recall curve"),
        ),
    ]
    if accepted is None:
        return figures
    return [
        Figure(_("Review from"), score_shown(accepted.score_millionths), _("accepted")),
        Figure(
            _("Frauds stopped"),
            percent_shown(accepted.caught.value),
            bounds_shown(accepted.caught),
        ),
        Figure(
            _("Normal users stopped"),
            percent_shown(accepted.stopped.value),
            bounds_shown(accepted.stopped),
        ),
        *figures,
    ]


def _roc(points: Sequence[Point], accepted: Point | None, auc: float | None) -> Curves:
    line = [(0.0, 0.0), *((_percent(each.stopped), _percent(each.caught)) for each in points)]
    lines = [
        Line(_("This rule set"), "--color-primary-500", line),
        Line(_("By chance"), "--color-base-400", [(0, 0), (100, 100)], is_dashed=True),
    ]
    said = _("ROC curve: the area under it is %(area)s.") % {"area": area_shown(auc)}
    if accepted is not None:
        place = _percent(accepted.stopped), _percent(accepted.caught)
        lines.append(Line(_("Accepted threshold"), "--color-orange-500", [place], is_marks=True))
        said += " " + _(
            "At the accepted threshold it stops %(caught)s of the frauds and %(stopped)s of the"
            " normal users."
        ) % {
            "caught": percent_shown(accepted.caught.value),
            "stopped": percent_shown(accepted.stopped.value),
        }
    return Curves(_("Normal users stopped, %"), _("Frauds stopped, %"), lines, said)


def _precision_recall(
    points: Sequence[Point], accepted: Point | None, found: dict[str, Any]
) -> Curves:
    everybody = found["frauds"] + found["normal"]
    chance = 100 * found["frauds"] / everybody if everybody else 0.0
    line = [(_percent(each.caught), _percent(each.precision)) for each in points]
    lines = [
        Line(_("This rule set"), "--color-primary-500", line),
        Line(_("By chance"), "--color-base-400", [(0, chance), (100, chance)], is_dashed=True),
    ]
    said = _("Precision-recall curve: the average precision is %(area)s.") % {
        "area": area_shown(found["average_precision"])
    }
    if accepted is not None:
        place = _percent(accepted.caught), _percent(accepted.precision)
        lines.append(Line(_("Accepted threshold"), "--color-orange-500", [place], is_marks=True))
        said += " " + _("At the accepted threshold %(share)s of those stopped are frauds.") % {
            "share": percent_shown(accepted.precision.value)
        }
    return Curves(_("Frauds stopped, %"), _("Frauds among those stopped, %"), lines, said)


def _percent(share: Share) -> float:
    return 100 * share.value


def _rows(points: Sequence[Point], accepted: Point | None) -> list[dict[str, Any]]:
    shown = thinned(points, _ROWS_SHOWN)
    if accepted is not None and accepted not in shown:
        shown = sorted([*shown, accepted], key=lambda each: -each.score_millionths)
    return [
        {
            "score": score_shown(each.score_millionths),
            "caught": share_shown(each.caught),
            "stopped": share_shown(each.stopped),
            "precision": percent_shown(each.precision.value),
            "is_accepted": each == accepted,
        }
        for each in shown
    ]
