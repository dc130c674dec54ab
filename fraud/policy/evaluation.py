"""How a rule set would have done on users whose end is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from fraud.policy.curves import Scored, best_point_within, caught_at
from fraud.policy.intervals import Z_UNSEEN, Share, share_of
from fraud.policy.measuring import curve_of
from fraud.policy.rulesets import RuleSet, with_review_from
from fraud.policy.samples import Example, Places, Truth, sample_of, scored, scores_of
from fraud.policy.scoring import Judgement, judged

FALSE_POSITIVES_MAX = 0.01


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule set tells apart, and what it stops.

    Attributes:
        auc: of the score; None where only one kind of user was seen.
        caught, stopped: shares of the frauds and of the normal users who are not cleared.
        caught_at_limit: of the frauds, at a threshold that stops 1 % of these normal users.
    """

    users: int
    auc: float | None
    caught: Share
    stopped: Share
    caught_at_limit: Share


def evaluated(examples: Sequence[Example], rules: RuleSet) -> Evaluation:
    """Judge each user as a screening would have, and compare with what became of them."""
    judgements = [judged(example.facts, rules) for example in examples]
    curve = curve_of(_scored(examples, judgements))
    stops = [judgement.outcome != "clear" for judgement in judgements]
    frauds = [stop for stop, example in zip(stops, examples, strict=True) if example.is_fraud]
    normal = [stop for stop, example in zip(stops, examples, strict=True) if not example.is_fraud]
    return Evaluation(
        len(examples),
        curve.auc,
        share_of(sum(frauds), len(frauds)),
        share_of(sum(normal), len(normal)),
        caught_at(curve, FALSE_POSITIVES_MAX),
    )


def with_threshold_from(examples: Sequence[Example], rules: RuleSet) -> RuleSet:
    """The rule set with the threshold that `threshold_within` chooses on these examples."""
    sample = sample_of(examples)
    return with_review_from(rules, threshold_within(scores_of(sample, rules), sample.truth))


def threshold_within(scores: Places, truth: Truth) -> int:
    """The threshold that catches most and keeps others like these within the limit.

    Where there are too few normal users to say so of any, one that stops none of them.
    """
    point = best_point_within(curve_of(scored(scores, truth)), FALSE_POSITIVES_MAX, Z_UNSEEN)
    if point is not None:
        return point.score_millionths
    return int(scores[~truth].max(initial=0)) + 1


def _scored(examples: Sequence[Example], judgements: Sequence[Judgement]) -> list[Scored]:
    return [
        Scored(judgement.score_millionths, example.is_fraud)
        for example, judgement in zip(examples, judgements, strict=True)
    ]
