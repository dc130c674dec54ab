"""Answers, as the OpenAPI document shows them and as they are made."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from rest_framework import serializers as s

from doors.api.openapi import page_of
from kernel.money import decimal_string
from loyalty.policy.gate import INSTALMENT_STATUSES, PAYOUT_STATUSES
from referrals.models import Referral
from referrals.policy.codes import shown_code
from referrals.policy.gates import REFERRAL_STATUSES
from referrals.queries.progress import Bonus, Progress, progress_of


class ReferralCodeOut(s.Serializer[Any]):
    subscriber_id = s.CharField()
    referral_code = s.CharField()


class RetentionOut(s.Serializer[Any]):
    met = s.BooleanField()
    needed = s.IntegerField(help_text="Months without a gap since the activation.")
    so_far = s.IntegerField(help_text="Full months so far.")
    missing = s.IntegerField()
    until = s.DateTimeField(help_text="When the window ends.")


class ArpuOut(s.Serializer[Any]):
    met = s.BooleanField()
    needed = s.CharField(help_text="Revenue in the window, divided by its months.")
    so_far = s.CharField()
    missing = s.CharField()


class GatesOut(s.Serializer[Any]):
    retention = RetentionOut()
    arpu = ArpuOut()


class PartOut(s.Serializer[Any]):
    due_on = s.DateField()
    value = s.CharField()
    status = s.ChoiceField(choices=list(INSTALMENT_STATUSES))


class BonusOut(s.Serializer[Any]):
    payout_id = s.UUIDField()
    subscriber_id = s.CharField()
    status = s.ChoiceField(choices=list(PAYOUT_STATUSES))
    value = s.CharField()
    reasons = s.ListField(child=s.DictField())
    instalments = PartOut(many=True)


class ReferralOut(s.Serializer[Any]):
    referral_id = s.CharField()
    inviter_id = s.CharField()
    invitee_id = s.CharField()
    status = s.ChoiceField(choices=list(REFERRAL_STATUSES))
    reason = s.CharField(allow_null=True, help_text="Why it expired.")
    joined_at = s.DateTimeField()
    currency = s.CharField()
    gates = GatesOut()
    payouts = BonusOut(many=True)


ReferralsOut = page_of(ReferralOut, s.IntegerField(allow_null=True))


def code_shown(subscriber_id: str, code: str) -> dict[str, Any]:
    """A referral code."""
    return {"subscriber_id": subscriber_id, "referral_code": shown_code(code)}


def referrals_shown(referrals: Sequence[Referral], now: datetime) -> list[dict[str, Any]]:
    """Referrals with their gates and bonuses."""
    return [_shown(progress) for progress in progress_of(referrals, now)]


def _shown(progress: Progress) -> dict[str, Any]:
    referral, retention, arpu = progress.referral, progress.retention, progress.arpu
    return {
        "referral_id": referral.referral_id,
        "inviter_id": referral.inviter.external_id,
        "invitee_id": referral.invitee.external_id,
        "status": referral.status,
        "reason": referral.reason or None,
        "joined_at": referral.joined_at,
        "currency": settings.PROGRAM_CURRENCY,
        "gates": {
            "retention": {
                "met": retention.met,
                "needed": retention.needed,
                "so_far": retention.so_far,
                "missing": retention.missing,
                "until": progress.window_ends_at,
            },
            "arpu": {
                "met": arpu.met,
                "needed": decimal_string(arpu.needed),
                "so_far": decimal_string(arpu.so_far),
                "missing": decimal_string(arpu.missing),
            },
        },
        "payouts": [_bonus_shown(bonus) for bonus in progress.bonuses],
    }


def _bonus_shown(bonus: Bonus) -> dict[str, Any]:
    payout = bonus.payout
    return {
        "payout_id": str(payout.pk),
        "subscriber_id": payout.subscriber.external_id,
        "status": payout.status,
        "value": decimal_string(payout.value_minor),
        "reasons": payout.reasons,
        "instalments": [
            {
                "due_on": part.due_on,
                "value": decimal_string(part.value_minor),
                "status": part.status,
            }
            for part in bonus.parts
        ],
    }
