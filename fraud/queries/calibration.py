"""How scores of stored assessments tell fraud apart, and from where on to review."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fraud.policy.backtest import is_stop
from fraud.policy.cases import FRAUD
from fraud.policy.curves import Curve, Point, Scored, best_point_within
from fraud.policy.measuring import curve_of
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Example
from fraud.policy.scoring import judged
from fraud.queries.togetherness import groups_of
from fraud.queries.verdicts import assessed, assessed_with_verdict


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves of a rule set's score, and the threshold that keeps within the limit.

    Attributes:
        point: None where no threshold is surely within it.
        undecided: subjects that were stopped and have no clear verdict; they count as neither.
    """

    curve: Curve
    point: Point | None
    frauds: int
    normal: int
    undecided: int


def calibration(
    *,
    rules: RuleSet,
    since: datetime,
    until: datetime,
    false_positives_max: float,
    advance: Callable[[int], None],
) -> Calibration:
    """Score what was assessed in [since, until) anew and choose a threshold.

    Whoever a person found to be a fraud is one. Normal is who was found to be so, and who was
    let out and whom nobody has called a fraud: among them are frauds that nobody noticed, so
    that the share of normal users who are stopped comes out larger than it is, never smaller.
    """
    scored, undecided = [], 0
    for each in assessed(since=since, until=until):
        if each.verdict or not is_stop(each.outcome):
            score = judged(each.facts, rules).score_millionths
            scored.append(Scored(score, each.verdict == FRAUD))
        else:
            undecided += 1
        advance(1)
    curve = curve_of(scored)
    frauds = sum(each.is_fraud for each in scored)
    return Calibration(
        curve,
        best_point_within(curve, false_positives_max) if frauds else None,
        frauds,
        len(scored) - frauds,
        undecided,
    )


def verdict_examples(
    *, since: datetime, until: datetime, limits: Mapping[str, int]
) -> list[Example]:
    """What was known of subjects with a clear verdict, those of the random sample among them.

    In the order of their assessments.
    """
    found = list(assessed_with_verdict(since=since, until=until))
    groups = groups_of(found, limits=limits)
    return [
        Example(each.facts, each.verdict == FRAUD, group)
        for each, group in zip(found, groups, strict=True)
    ]
