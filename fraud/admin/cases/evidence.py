"""Why something was stopped, in plain words: rules as sentences, contributions as bars."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from doors.translation import translated
from fraud.admin.words import ACTIONS, decimals_shown, score_shown, value_shown
from fraud.models import Assessment
from fraud.policy.facts import Facts
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.rulesets import RuleSet
from fraud.policy.scoring import MILLION, judged
from fraud.policy.signals import BY_NAME as SIGNALS
from loyalty.admin.gate.words import Word


class RuleShown(NamedTuple):
    """A rule that acted, and what it found."""

    title: str
    sentence: str
    word: Word


class Bar(NamedTuple):
    """What one signal adds to the score."""

    title: str
    meaning: str
    value: str
    points: str
    percent: int
    of_full: str


class Mark(NamedTuple):
    """A threshold on the scale of the score."""

    name: str
    score: str
    percent: int


class Evidence(NamedTuple):
    """What a screening found, for people."""

    score: str
    percent: int
    marks: list[Mark]
    rules: list[RuleShown]
    bars: list[Bar]
    silent: list[str]
    unknown: list[str]
    faults: list[str]


class Replayed(NamedTuple):
    """What the same facts say under the same rules today."""

    is_same: bool
    score: str
    outcome: str


def evidence_of(assessment: Assessment, rules: RuleSet | None) -> Evidence:
    """What an assessment found."""
    counted = sorted(assessment.contributions, key=lambda each: -each["weight"] * each["x"])
    counting = [each for each in counted if each["weight"] * each["x"]]
    known = {each["signal"] for each in counted}
    weighty = [name for name in SIGNALS if rules is None or rules.weights[name]]
    full = _full_scale(assessment, rules)
    return Evidence(
        score_shown(assessment.score_millionths),
        _percent(assessment.score_millionths / MILLION, full),
        _marks(rules, full),
        [_rule(hit) for hit in assessment.hits],
        [_bar(each, counting[0]) for each in counting],
        [_title(each["signal"]) for each in counted if not each["weight"] * each["x"]],
        [_title(name) for name in weighty if name not in known],
        [f"{_title(each['where'])}: {each['error']}" for each in assessment.faults],
    )


def replayed(assessment: Assessment, rules: RuleSet | None) -> Replayed | None:
    """The assessment judged again; None if its rule set is no longer known."""
    if rules is None:
        return None
    again = judged(Facts.from_content(assessment.facts), rules)
    is_same = (again.score_millionths, again.outcome, again.band) == (
        assessment.score_millionths,
        assessment.outcome,
        assessment.band,
    )
    return Replayed(is_same, score_shown(again.score_millionths), again.outcome)


def _full_scale(assessment: Assessment, rules: RuleSet | None) -> float:
    """A scale on which both thresholds and the score have their places."""
    ends = [assessment.score_millionths / MILLION, 1.0]
    if rules is not None and rules.block_from is not None:
        ends.append(float(rules.block_from) * 1.1)
    return max(ends)


def _marks(rules: RuleSet | None, full: float) -> list[Mark]:
    if rules is None:
        return []
    said = ((_("review"), rules.review_from), (_("refuse"), rules.block_from))
    return [
        Mark(name, _decimal(at), _percent(float(at), full)) for name, at in said if at is not None
    ]


def _rule(hit: dict[str, Any]) -> RuleShown:
    rule = RULES.get(hit["rule"])
    title = _(rule.title) if rule is not None else hit["rule"]
    return RuleShown(
        title, translated(hit["detail"]), ACTIONS.get(hit["action"], ACTIONS["review"])
    )


def _bar(each: dict[str, Any], largest: dict[str, Any]) -> Bar:
    signal = SIGNALS.get(each["signal"])
    points = each["weight"] * each["x"]
    return Bar(
        _title(each["signal"]),
        _(signal.meaning) if signal is not None else "",
        value_shown(each["value"], signal.unit if signal is not None else ""),
        f"+{decimals_shown(points, 2)}",
        max(1, _percent(points, largest["weight"] * largest["x"])),
        _("at most %(weight)s") % {"weight": decimals_shown(each["weight"], 2)},
    )


def _title(name: str) -> str:
    known = SIGNALS.get(name) or RULES.get(name)
    return _(known.title) if known is not None else name


def _percent(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0


def _decimal(value: Decimal) -> str:
    return decimals_shown(float(value), 2)
