"""Rule sets, assessments, cases, and what verdicts leave behind."""

from fraud.models.assessments import Assessment
from fraud.models.cases import Case, CaseEvent
from fraud.models.lists import BlockedIdentifier, ReferralNorm, RuleSnooze, SubscriberStanding
from fraud.models.rule_sets import RuleSetVersion

__all__ = [
    "Assessment",
    "BlockedIdentifier",
    "Case",
    "CaseEvent",
    "ReferralNorm",
    "RuleSetVersion",
    "RuleSnooze",
    "SubscriberStanding",
]
