"""Make a draft of the threshold that a calibration accepted."""

from datetime import datetime

from django.db import transaction

from fraud.models import RuleSetVersion, Trial
from fraud.operations.change_rule_sets import draft_rules
from fraud.policy.rulesets import RuleSet, with_review_from
from fraud.policy.trials import CALIBRATION, MILLION, TrialHasNoThreshold, UnknownTrial


@transaction.atomic
def draft_threshold(*, trial_id: int, by: str, now: datetime) -> RuleSetVersion:
    """Draft the rule set that was tried, with the threshold that was accepted.

    Safe to repeat: of a trial that was drafted already its draft is returned.

    Raises:
        UnknownTrial: there is none of this number.
        TrialHasNoThreshold: it is no calibration, has not ended, or accepted none.
    """
    trial = Trial.objects.select_for_update(no_key=True).filter(pk=trial_id).first()
    if trial is None:
        raise UnknownTrial
    if trial.draft_id is not None:
        return RuleSetVersion.objects.get(pk=trial.draft_id)
    accepted = trial.result["accepted"] if trial.kind == CALIBRATION and trial.result else None
    if accepted is None:
        raise TrialHasNoThreshold

    limit = 100 * trial.options["false_positives_max_millionths"] / MILLION
    rules = with_review_from(RuleSet.from_content(trial.rules), accepted["score_millionths"])
    note = (
        f"Rule set {trial.rule_set_id}, calibrated for {limit:g} % of normal users"
        f" by trial {trial.pk}."
    )
    draft = draft_rules(content=rules.content(), note=note, by=by)

    trial.draft, trial.drafted_at, trial.drafted_by = draft, now, by
    trial.save(update_fields=["draft", "drafted_at", "drafted_by"])
    return draft
