"""Learn weights from verdicts: a draft, never live by itself."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from fraud.models import RuleSetVersion
from fraud.operations.change_rule_sets import draft_rules
from fraud.policy.curves import Scored
from fraud.policy.learning import learned
from fraud.policy.measuring import curve_of
from fraud.policy.rulesets import RuleSet
from fraud.policy.scoring import judged
from fraud.queries.calibration import verdict_examples


class Learnt(NamedTuple):
    """A draft with learnt weights, and how it tells apart what it was learnt from.

    Both areas are under the ROC curve of the same verdicts, so that the new one flatters.
    """

    draft: RuleSetVersion
    frauds: int
    normal: int
    auc_before: float | None
    auc: float | None


@transaction.atomic
def learn_weights(*, base: RuleSet, since: datetime, until: datetime, note: str) -> Learnt:
    """Fit weights on the verdicts over what was assessed in [since, until), and draft them.

    The thresholds stay: calibrate the draft before it is proposed.

    Raises:
        TooFewExamples: fewer than 30 verdicts of either kind.
    """
    examples = verdict_examples(since=since, until=until)

    rules = learned(examples, base)

    draft = draft_rules(content=rules.content(), note=note)
    frauds = sum(example.is_fraud for example in examples)
    before, after = (
        curve_of(
            [
                Scored(judged(example.facts, each).score_millionths, example.is_fraud)
                for example in examples
            ]
        ).auc
        for each in (base, rules)
    )
    return Learnt(draft, frauds, len(examples) - frauds, before, after)
