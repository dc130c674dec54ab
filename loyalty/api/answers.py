"""Answers, as the OpenAPI document shows them."""

from typing import Any

from rest_framework import serializers as s

from doors.api.openapi import page_of
from loyalty.policy.gate import INSTALMENT_STATUSES, PAYOUT_KINDS, PAYOUT_STATUSES
from loyalty.policy.refunds import REFUND_STATUSES


class PointsOut(s.Serializer[Any]):
    available = s.IntegerField()
    pending = s.IntegerField()
    reserved = s.IntegerField()
    debt = s.IntegerField(help_text="Owed after refunds of spent points; earnings pay it first.")


class MonthOut(s.Serializer[Any]):
    bonus_value = s.CharField(help_text="Benefits of this calendar month, in roubles.")
    bonus_cap = s.CharField()
    redeemed_points = s.IntegerField()
    redemption_cap_points = s.IntegerField()


class OpenLotOut(s.Serializer[Any]):
    expires_at = s.DateTimeField()
    points = s.IntegerField()


class WalletOut(s.Serializer[Any]):
    subscriber_id = s.CharField()
    points = PointsOut()
    value = s.CharField(help_text="What the available points are worth as bill credit.")
    currency = s.CharField()
    tier = s.CharField()
    month = MonthOut()
    expiring = OpenLotOut(many=True)


class CauseOut(s.Serializer[Any]):
    type = s.CharField()
    id = s.CharField()


class EntryOut(s.Serializer[Any]):
    number = s.IntegerField()
    kind = s.CharField()
    source = s.CharField()  # type: ignore[assignment]
    destination = s.CharField()
    points = s.IntegerField()
    cause = CauseOut()
    occurred_at = s.DateTimeField()
    posted_at = s.DateTimeField()
    available_after = s.IntegerField()
    terms = s.IntegerField()
    reverses = s.IntegerField(required=False)


EntriesOut = page_of(EntryOut, s.IntegerField(allow_null=True))


class TierOut(s.Serializer[Any]):
    subscriber_id = s.CharField()
    tier = s.CharField()
    since = s.DateTimeField(allow_null=True)
    multiplier = s.CharField()
    paid = s.CharField(help_text="Paid over the full months that count now, in roubles.")
    currency = s.CharField()
    next_tier = s.CharField(allow_null=True)
    missing = s.CharField(allow_null=True, help_text="What the next tier still needs.")
    downgrade_on = s.DateField(allow_null=True)


class ChargeOut(s.Serializer[Any]):
    charge_id = s.CharField()
    points_earned = s.IntegerField()
    points_in_review = s.IntegerField()
    points_to_debt = s.IntegerField()
    wallet = WalletOut()


class ChargeResultOut(s.Serializer[Any]):
    charge_id = s.CharField(allow_null=True)
    status = s.ChoiceField(choices=["accepted", "replayed", "rejected"])
    points_earned = s.IntegerField(required=False)
    points_in_review = s.IntegerField(required=False)
    points_to_debt = s.IntegerField(required=False)
    error = s.DictField(required=False)


class BatchOut(s.Serializer[Any]):
    accepted = s.IntegerField()
    replayed = s.IntegerField()
    rejected = s.IntegerField()
    results = ChargeResultOut(many=True)


class RefundOut(s.Serializer[Any]):
    refund_id = s.CharField()
    charge_id = s.CharField()
    status = s.ChoiceField(choices=REFUND_STATUSES)
    points_revoked = s.IntegerField(help_text="Taken out of lots.")
    points_to_debt = s.IntegerField(help_text="Spent already, and therefore owed.")
    points_from_review = s.IntegerField(help_text="Still waiting above the cap.")
    points_lapsed = s.IntegerField(help_text="Lapsed unspent, and not taken again.")
    wallet = WalletOut()


class RefundReversalOut(s.Serializer[Any]):
    refund_id = s.CharField()
    charge_id = s.CharField()
    status = s.ChoiceField(choices=["reversed"])
    points_restored = s.IntegerField(help_text="Back in the lots that they were taken out of.")
    debt_cancelled = s.IntegerField(
        help_text="Debt that the refund had made. What earnings have paid of it is back in lots."
    )
    points_to_review = s.IntegerField(help_text="Wait above the cap again, or were declined.")
    points_lapsed = s.IntegerField(
        help_text="Had lapsed unspent when the charge was refunded, and stay lapsed."
    )
    points_rounded = s.IntegerField(
        help_text="Points are whole: 1 where one stays taken, -1 where one more is given, for the"
        " charge to have earned what the rule makes of its net amount."
    )
    wallet = WalletOut()


class RedemptionOut(s.Serializer[Any]):
    redemption_id = s.CharField()
    subscriber_id = s.CharField()
    status = s.CharField()
    points = s.IntegerField()
    value = s.CharField()
    currency = s.CharField()
    reward = s.CharField()
    expires_at = s.DateTimeField()
    credit_reference = s.CharField(allow_null=True)
    reserved_at = s.DateTimeField()
    settled_at = s.DateTimeField(allow_null=True)
    returned_at = s.DateTimeField(allow_null=True)
    reasons = s.ListField(child=s.DictField())
    wallet = WalletOut(required=False)


RedemptionsOut = page_of(RedemptionOut, s.IntegerField(allow_null=True))


class ReasonOut(s.Serializer[Any]):
    code = s.CharField()
    detail = s.CharField()


class InstalmentOut(s.Serializer[Any]):
    number = s.IntegerField()
    due_on = s.DateField()
    points = s.IntegerField()
    value = s.CharField()
    status = s.ChoiceField(choices=list(INSTALMENT_STATUSES))
    paid_at = s.DateTimeField(allow_null=True)


class PayoutOut(s.Serializer[Any]):
    payout_id = s.UUIDField()
    subscriber_id = s.CharField()
    kind = s.ChoiceField(choices=list(PAYOUT_KINDS))
    status = s.ChoiceField(choices=list(PAYOUT_STATUSES))
    points = s.IntegerField()
    value = s.CharField()
    currency = s.CharField()
    cause = CauseOut()
    month = s.DateField(allow_null=True, help_text="The month whose cap was exceeded.")
    requested_at = s.DateTimeField()
    decided_at = s.DateTimeField(allow_null=True)
    reasons = ReasonOut(many=True, help_text="Why it waits, was refused, cancelled or taken back.")
    instalments = InstalmentOut(many=True)


PayoutsOut = page_of(PayoutOut, s.CharField(allow_null=True))


class PreviewedChargeOut(s.Serializer[Any]):
    points_earned = s.IntegerField()
    points_in_review = s.IntegerField()
    points_to_debt = s.IntegerField()
    tier = s.CharField()
    terms = s.IntegerField()
    expires_at = s.DateTimeField(allow_null=True)


class PreviewedRedemptionOut(s.Serializer[Any]):
    points = s.IntegerField()
    value = s.CharField()
    status = s.CharField()
    expires_at = s.DateTimeField()


class PreviewOut(s.Serializer[Any]):
    charge = PreviewedChargeOut(required=False)
    redemption = PreviewedRedemptionOut(required=False)
