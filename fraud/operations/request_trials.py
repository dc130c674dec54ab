"""Ask for a rule set to be tried; a worker runs it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from fraud import news
from fraud.models import RuleSetVersion, Trial
from fraud.policy.rulesets import UnknownRuleSet
from fraud.policy.trials import BACKTEST, CALIBRATION, LEARNING, InvalidTrial, fault_in
from outbox.operations import publish


def request_backtest(
    *,
    rule_set: int,
    since: datetime,
    until: datetime,
    recompute: bool,
    minutes_per_case: int | None,
    by: str,
    now: datetime,
) -> Trial:
    """Ask what a rule set would have made of what was assessed in [since, until).

    Args:
        recompute: gather the facts anew, each as of the moment of its assessment.
        minutes_per_case: an analyst's; measured from claims and decisions if None.

    Raises:
        UnknownRuleSet: there is none of this number.
        InvalidTrial: the window is empty.
    """
    options = {"recompute": recompute, "minutes_per_case": minutes_per_case}
    return _request(BACKTEST, rule_set, since, until, options, by, now)


def request_calibration(
    *,
    rule_set: int,
    since: datetime,
    until: datetime,
    false_positives_max_millionths: int,
    by: str,
    now: datetime,
) -> Trial:
    """Ask for the review threshold that catches most within a limit of normal users stopped.

    Raises:
        UnknownRuleSet: there is none of this number.
        InvalidTrial: the window is empty, or the limit is no share.
    """
    limit = false_positives_max_millionths
    options = {"false_positives_max_millionths": limit}
    return _request(CALIBRATION, rule_set, since, until, options, by, now)


def request_learning(
    *, rule_set: int, since: datetime, until: datetime, by: str, now: datetime
) -> Trial:
    """Ask for weights that are learnt from verdicts, as a draft.

    Raises:
        UnknownRuleSet: there is none of this number.
        InvalidTrial: the window is empty.
    """
    return _request(LEARNING, rule_set, since, until, {}, by, now)


@transaction.atomic
def _request(
    kind: str,
    rule_set: int,
    since: datetime,
    until: datetime,
    options: dict[str, Any],
    by: str,
    now: datetime,
) -> Trial:
    limit = options.get("false_positives_max_millionths")
    fault = fault_in(since=since, until=until, false_positives_max_millionths=limit)
    if fault is not None:
        raise InvalidTrial(fault)
    version = RuleSetVersion.objects.filter(number=rule_set).first()
    if version is None:
        raise UnknownRuleSet

    trial = Trial.objects.create(
        kind=kind,
        rule_set=version,
        rules=version.content,
        since=since,
        until=until,
        options=options,
        requested_at=now,
        requested_by=by,
    )

    publish(name=news.TRIAL_REQUESTED, items=[{"trial_id": trial.pk, "kind": kind}], now=now)
    return trial
