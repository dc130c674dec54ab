"""What the items of fraud's news hold."""

from typing import Any

from rest_framework import serializers as s

from fraud import news
from fraud.models.assessments import SUBJECT_TYPES
from fraud.policy.cases import QUEUES, VERDICTS
from fraud.policy.scoring import BANDS
from fraud.policy.standings import STANDINGS


class CaseSubjectItem(s.Serializer[Any]):
    type = s.ChoiceField(SUBJECT_TYPES)
    id = s.CharField()


class CaseOpenedItem(s.Serializer[Any]):
    case_id = s.IntegerField()
    queue = s.ChoiceField(QUEUES)
    subject = CaseSubjectItem()
    band = s.ChoiceField(BANDS)
    value = s.CharField(help_text="At risk: roubles, as a decimal string.")
    due_at = s.DateTimeField()


class CaseEscalatedItem(s.Serializer[Any]):
    case_id = s.IntegerField()
    reason = s.CharField()


class CaseClosedItem(s.Serializer[Any]):
    case_id = s.IntegerField()
    subject = CaseSubjectItem()
    verdict = s.ChoiceField(VERDICTS)
    decided_by = s.CharField()


class RuleSetItem(s.Serializer[Any]):
    number = s.IntegerField()
    approved_by = s.CharField()
    starts_at = s.DateTimeField(help_text="From when on it screens; the future if scheduled.")


class RuleSetWithdrawnItem(s.Serializer[Any]):
    number = s.IntegerField()
    withdrawn_by = s.CharField()
    reason = s.CharField()


class StandingItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    standing = s.ChoiceField(STANDINGS)
    by = s.CharField()


EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    news.CASE_OPENED: ("A case waits for an analyst.", CaseOpenedItem),
    news.CASE_ESCALATED: ("A case waits for a senior analyst.", CaseEscalatedItem),
    news.CASE_CLOSED: ("A case is decided.", CaseClosedItem),
    news.RULE_SET_APPROVED: ("A rule set is live, or will be from its start on.", RuleSetItem),
    news.RULE_SET_WITHDRAWN: (
        "A rule set that was to start later was withdrawn.",
        RuleSetWithdrawnItem,
    ),
    news.STANDING_CHANGED: ("A subscriber has another standing.", StandingItem),
}
