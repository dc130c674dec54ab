"""What was found, in sentences for those who read it."""

from fraud.policy.rulesets import RuleSet
from fraud.policy.scoring import HIGH, Judgement, band_of
from fraud.policy.signals import BY_NAME
from loyalty.policy.gate import Reason

_NAMED = 3


def reasons_of(judgement: Judgement, rules: RuleSet) -> tuple[Reason, ...]:
    """Why a subject is stopped, the rules first; empty if nothing stops it."""
    reasons = [Reason(hit.rule, hit.detail) for hit in judgement.hits]
    by_score = band_of(judgement.score_millionths, rules)
    if by_score == HIGH:
        reasons.append(Reason("fraud_score", _score(judgement, f"{rules.block_from} on refuses")))
    elif by_score != "low":
        reasons.append(Reason("fraud_score", _score(judgement, f"{rules.review_from} on reviews")))
    reasons += [
        Reason("screen_fault", f"{fault.where} could not be computed.")
        for fault in judgement.faults
    ]
    return tuple(reasons)


def _score(judgement: Judgement, threshold: str) -> str:
    largest = sorted(judgement.contributions, key=lambda each: -each.points)[:_NAMED]
    named = ", ".join(f"{BY_NAME[each.signal].title} +{each.points:.2f}" for each in largest)
    return f"The score is {judgement.score:.2f}, and {threshold}: {named}."
