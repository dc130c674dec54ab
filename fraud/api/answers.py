"""Answers, as the OpenAPI document shows them and as they are made."""

from typing import Any

from django.conf import settings
from rest_framework import serializers as s

from doors.api.openapi import page_of
from fraud.models import Case
from fraud.models.assessments import SUBJECT_TYPES
from fraud.policy.cases import CASE_STATUSES, CLAIM_LASTS, QUEUES, VERDICTS
from fraud.policy.scoring import BANDS, MILLION
from fraud.policy.signals import BY_NAME
from fraud.queries.met import met_by_verdicts, payouts_about
from kernel.money import decimal_string


class CaseSubjectOut(s.Serializer[Any]):
    type = s.ChoiceField(choices=list(SUBJECT_TYPES))
    id = s.CharField()


class ContributionOut(s.Serializer[Any]):
    signal = s.CharField()
    title = s.CharField()
    unit = s.CharField()
    value = s.FloatField()
    weight = s.FloatField()
    points = s.FloatField(help_text="What it adds to the score: weight × scaled value.")


class HitOut(s.Serializer[Any]):
    rule = s.CharField()
    action = s.CharField()
    detail = s.CharField()


class CaseOut(s.Serializer[Any]):
    case_id = s.IntegerField()
    queue = s.ChoiceField(choices=list(QUEUES))
    subject = CaseSubjectOut()
    subscriber_id = s.CharField()
    other_id = s.CharField(allow_null=True, help_text="The invitee, if it is about a referral.")
    value = s.CharField()
    currency = s.CharField()
    score = s.FloatField()
    band = s.ChoiceField(choices=list(BANDS))
    status = s.ChoiceField(choices=list(CASE_STATUSES))
    is_escalated = s.BooleanField()
    opened_at = s.DateTimeField()
    due_at = s.DateTimeField()
    claimed_by = s.CharField(allow_null=True)
    claimed_until = s.DateTimeField(allow_null=True)
    snoozed_until = s.DateTimeField(allow_null=True)
    proposed_by = s.CharField(allow_null=True, help_text="Who gave the first of two verdicts.")
    verdict = s.ChoiceField(choices=list(VERDICTS), allow_null=True)
    decided_at = s.DateTimeField(allow_null=True)
    decided_by = s.CharField(allow_null=True)
    hits = HitOut(many=True)
    contributions = ContributionOut(many=True)


class SaidOut(s.Serializer[Any]):
    by = s.CharField()
    verdict = s.ChoiceField(choices=["clear", "refuse"])
    is_request = s.BooleanField(help_text="They asked for the benefit, which is a verdict for it.")
    reason = s.CharField()


class CaseDetailOut(CaseOut):
    needs_two = s.BooleanField(
        help_text="Whether the benefit is above the four-eyes limit and waits for a verdict."
    )
    said_before = SaidOut(
        allow_null=True,
        help_text=(
            "What somebody has said of the benefit before. Above the limit the same verdict by "
            "another person decides; a different one is a proposal in its place. Whoever asked "
            "for a benefit never clears it."
        ),
    )


CasesOut = page_of(CaseOut, s.IntegerField(allow_null=True))


def case_in_detail(case: Case) -> dict[str, Any]:
    """A case with what the next verdict over it meets."""
    payouts = payouts_about([case])
    met = met_by_verdicts([case], payouts)[case.pk]
    said = met.said
    before = None
    if said is not None:
        payout = next(each for each in payouts[case.pk] if each.maker == said.by)
        reason = vars(payout).get("reason_said") or ""
        before = {
            "by": said.by,
            "verdict": said.verdict,
            "is_request": said.is_request,
            "reason": reason,
        }
    return {**case_shown(case), "needs_two": met.needs_two, "said_before": before}


def case_shown(case: Case) -> dict[str, Any]:
    """A case with why it was stopped; its parties and its assessment were read with it."""
    assessment = case.assessment
    return {
        "case_id": case.pk,
        "queue": case.queue,
        "subject": {"type": case.subject_type, "id": case.subject_id},
        "subscriber_id": case.subscriber.external_id,
        "other_id": case.other.external_id if case.other is not None else None,
        "value": decimal_string(case.value_minor),
        "currency": settings.PROGRAM_CURRENCY,
        "score": case.score_millionths / MILLION,
        "band": case.band,
        "status": case.status,
        "is_escalated": case.is_escalated,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "claimed_by": case.claimed_by,
        "claimed_until": case.claimed_at + CLAIM_LASTS if case.claimed_at is not None else None,
        "snoozed_until": case.snoozed_until,
        "proposed_by": case.proposed_by,
        "verdict": case.verdict or None,
        "decided_at": case.decided_at,
        "decided_by": case.decided_by,
        "hits": assessment.hits if assessment is not None else [],
        "contributions": [
            {
                "signal": each["signal"],
                "title": BY_NAME[each["signal"]].title,
                "unit": BY_NAME[each["signal"]].unit,
                "value": each["value"],
                "weight": each["weight"],
                "points": round(each["weight"] * each["x"], 6),
            }
            for each in (assessment.contributions if assessment is not None else [])
        ],
    }
