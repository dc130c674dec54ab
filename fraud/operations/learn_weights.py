"""Learn weights from verdicts: a draft, never live by itself."""

from datetime import datetime
from typing import NamedTuple

from fraud.models import RuleSetVersion
from fraud.operations.change_rule_sets import draft_rules
from fraud.policy.comparing import proposed
from fraud.policy.comparisons import BOOSTED, Proposal
from fraud.policy.measuring import curve_of
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import sample_of, scored, scores_of
from fraud.queries.calibration import verdict_examples

# The same verdicts teach the same weights.
SEED = 20_260_101
CURVES_LEARNT = "Its curves are learnt too."


class Learnt(NamedTuple):
    """What was learnt, and how it tells apart what it was learnt from.

    Both areas are under the ROC curve of the same verdicts, so that the new one flatters; the
    comparisons of the proposal are made on verdicts that were held out.
    """

    proposal: Proposal
    frauds: int
    normal: int
    auc_before: float | None
    auc: float | None


def learn_weights(
    *, base: RuleSet, since: datetime, until: datetime, note: str, by: str
) -> tuple[Learnt, RuleSetVersion]:
    """Fit scores on the verdicts over what was assessed in [since, until), and draft one.

    The thresholds stay: calibrate the draft before it is proposed.

    Args:
        by: the author of the draft, who never approves it.

    Raises:
        TooFewExamples: fewer than 30 verdicts of either kind.
    """
    learnt = learnt_from_verdicts(base=base, since=since, until=until)
    return learnt, draft_learnt(learnt=learnt, note=note, by=by)


def learnt_from_verdicts(*, base: RuleSet, since: datetime, until: datetime) -> Learnt:
    """Try a logistic and a boosted score on the verdicts; nothing is written.

    The boosted one is proposed only if it was better on verdicts that were held out. This takes
    seconds to minutes: no transaction is held open meanwhile.

    Raises:
        TooFewExamples: fewer than 30 verdicts of either kind.
    """
    examples = verdict_examples(since=since, until=until, limits=base.limits)
    sample = sample_of(examples)
    proposal = proposed(sample, base, seed=SEED)
    before, after = (
        curve_of(scored(scores_of(sample, each), sample.truth)).auc
        for each in (base, proposal.rules)
    )
    return Learnt(proposal, sample.frauds, sample.normal, before, after)


def draft_learnt(*, learnt: Learnt, note: str, by: str) -> RuleSetVersion:
    """Draft what is proposed."""
    if learnt.proposal.model == BOOSTED:
        note = f"{note} {CURVES_LEARNT}"
    return draft_rules(content=learnt.proposal.rules.content(), note=note, by=by)
