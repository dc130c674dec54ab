"""Rule sets and their trials, assessments, cases, and what verdicts leave behind."""

from fraud.models.anomalies import AnomalyModel, AnomalyScore, LookAlikeGroup, LookAlikeMember
from fraud.models.assessments import Assessment
from fraud.models.cases import Case, CaseEvent
from fraud.models.crowds import CrowdedIdentifier, MeaninglessIdentifier
from fraud.models.lists import BlockedIdentifier, ReferralNorm, RuleSnooze, SubscriberStanding
from fraud.models.rule_sets import RuleSetVersion
from fraud.models.trials import Trial

__all__ = [
    "AnomalyModel",
    "AnomalyScore",
    "Assessment",
    "BlockedIdentifier",
    "Case",
    "CaseEvent",
    "CrowdedIdentifier",
    "LookAlikeGroup",
    "LookAlikeMember",
    "MeaninglessIdentifier",
    "ReferralNorm",
    "RuleSetVersion",
    "RuleSnooze",
    "SubscriberStanding",
    "Trial",
]
