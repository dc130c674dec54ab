"""What the items of loyalty's news hold."""

from typing import Any

from rest_framework import serializers as s

from loyalty import news
from loyalty.policy.gate import PAYOUT_KINDS, PAYOUT_STATUSES
from loyalty.policy.redemptions import REDEMPTION_STATUSES
from loyalty.policy.refunds import REFUND_REASONS
from loyalty.policy.terms import TIERS

_VALUE = "Roubles, as a decimal string."


class AccrualItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    charge_id = s.CharField()
    points = s.IntegerField(help_text="Earned, what went to debt included.")
    points_to_debt = s.IntegerField()
    occurred_at = s.DateTimeField()


class RefundItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    refund_id = s.CharField()
    charge_id = s.CharField()
    reason = s.ChoiceField(REFUND_REASONS)
    points = s.IntegerField(help_text="Taken back, what became debt included.")
    points_to_debt = s.IntegerField()


class RefundReversalItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    refund_id = s.CharField()
    charge_id = s.CharField()
    reason = s.ChoiceField(REFUND_REASONS, help_text="Of the refund.")
    points = s.IntegerField(help_text="Back again, cancelled debt included.")
    debt_cancelled = s.IntegerField()


class ExpiringItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    lot = s.IntegerField(help_text="The number of the entry that opened it.")
    points = s.IntegerField(help_text="What was left of it when this was announced.")
    expires_at = s.DateTimeField()
    days = s.IntegerField(help_text="The notice: 30 or 7 days before.")


class ExpiredItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    points = s.IntegerField()
    lots = s.IntegerField()


class RevokedItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    points = s.IntegerField()


class RedemptionItem(s.Serializer[Any]):
    redemption_id = s.CharField()
    subscriber_id = s.CharField()
    points = s.IntegerField()
    value = s.CharField(help_text=_VALUE)
    status = s.ChoiceField(REDEMPTION_STATUSES)


class TierItem(s.Serializer[Any]):
    subscriber_id = s.CharField()
    tier = s.ChoiceField(TIERS)


class TierChangeItem(TierItem):
    was = s.ChoiceField(TIERS)
    since = s.DateTimeField()


class DowngradeItem(TierItem):
    on = s.DateField(help_text="When the tier goes down by one.")


class ReasonItem(s.Serializer[Any]):
    code = s.CharField()
    detail = s.CharField()


class PayoutRequestItem(s.Serializer[Any]):
    payout_id = s.UUIDField()
    subscriber_id = s.CharField()
    kind = s.ChoiceField(PAYOUT_KINDS)
    value = s.CharField(help_text=_VALUE)


class PayoutItem(PayoutRequestItem):
    status = s.ChoiceField(PAYOUT_STATUSES)
    points = s.IntegerField()
    reasons = ReasonItem(many=True)


class PayoutPaidItem(PayoutRequestItem):
    status = s.ChoiceField(PAYOUT_STATUSES)
    points = s.IntegerField(help_text="Of this instalment.")
    instalment = s.IntegerField()
    instalments = s.IntegerField(help_text="How many there are.")
    value = s.CharField(help_text="Of this instalment: roubles, as a decimal string.")


class PayoutHeldItem(s.Serializer[Any]):
    """A payout that is held; or what of a charge exceeds a cap, and waits with the month's."""

    subscriber_id = s.CharField()
    points = s.IntegerField()
    payout_id = s.UUIDField(required=False)
    kind = s.ChoiceField(PAYOUT_KINDS, required=False)
    status = s.ChoiceField(PAYOUT_STATUSES, required=False)
    value = s.CharField(required=False, help_text=_VALUE)
    reasons = ReasonItem(many=True, required=False)
    charge_id = s.CharField(required=False, help_text="Of an excess over a cap.")
    month = s.DateField(required=False, help_text="Of an excess: the first day of its month.")


class TermsItem(s.Serializer[Any]):
    number = s.IntegerField()
    effective_from = s.DateTimeField()
    activated_by = s.CharField()


class TermsWithdrawnItem(s.Serializer[Any]):
    number = s.IntegerField()
    effective_from = s.DateTimeField(help_text="When they would have begun.")
    withdrawn_by = s.CharField()
    reason = s.CharField()


EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    news.ACCRUED: ("A charge earned points.", AccrualItem),
    news.REFUNDED: ("A refund took points back.", RefundItem),
    news.REFUND_REVERSED: (
        "A refund was reversed, such as a chargeback that was won: its points are back.",
        RefundReversalItem,
    ),
    news.EXPIRING: ("Points will lapse in 30 or in 7 days unless they are spent.", ExpiringItem),
    news.EXPIRED: ("Points lapsed unspent.", ExpiredItem),
    news.REVOKED: ("What a closed subscriber left was revoked.", RevokedItem),
    news.RESERVED: ("Points are reserved for a redemption.", RedemptionItem),
    news.SETTLED: ("A redemption is settled: its points are spent.", RedemptionItem),
    news.RELEASED: ("A reservation was released, its points are back.", RedemptionItem),
    news.LAPSED: ("A reservation lapsed, its points are back.", RedemptionItem),
    news.REVERSED: ("A settled redemption was reversed, its points are back.", RedemptionItem),
    news.REDEMPTION_HELD: ("A redemption waits for a verdict.", RedemptionItem),
    news.REDEMPTION_CLEARED: ("A redemption that waited is cleared.", RedemptionItem),
    news.DECLINED: ("A redemption is declined.", RedemptionItem),
    news.TIER_CHANGED: ("A subscriber has another tier.", TierChangeItem),
    news.DOWNGRADE_ANNOUNCED: ("A subscriber's tier will go down.", DowngradeItem),
    news.DOWNGRADE_WITHDRAWN: ("A tier that would have gone down stays.", TierItem),
    news.PAYOUT_REQUESTED: ("A benefit was asked for.", PayoutRequestItem),
    news.PAYOUT_HELD: (
        "A payout waits for a verdict, or part of a charge's points exceeds a cap and waits.",
        PayoutHeldItem,
    ),
    news.PAYOUT_CLEARED: ("A payout may be paid when it is due.", PayoutItem),
    news.PAYOUT_REFUSED: ("A payout is refused.", PayoutItem),
    news.PAYOUT_FROZEN: ("A cleared payout is frozen.", PayoutItem),
    news.PAYOUT_UNFROZEN: ("A frozen payout goes on.", PayoutItem),
    news.PAYOUT_PAID: ("An instalment of a payout is paid.", PayoutPaidItem),
    news.PAYOUT_CANCELLED: ("What is left of a payout is not paid.", PayoutItem),
    news.PAYOUT_CLAWED_BACK: ("What was paid of a payout was taken back.", PayoutItem),
    news.PAYOUT_REINSTATED: (
        "A payout goes on: the refund for which it was taken back was reversed.",
        PayoutItem,
    ),
    news.TERMS_ACTIVATED: ("A version of the program's terms was put in force.", TermsItem),
    news.TERMS_WITHDRAWN: (
        "A version of the terms that was to begin later was withdrawn.",
        TermsWithdrawnItem,
    ),
}
