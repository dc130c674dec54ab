"""Wallets, what their months were worth, and their tiers."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Subscriber
from loyalty.models.columns import choices_of, not_negative
from loyalty.policy.book import LEDGER_ACCOUNTS
from loyalty.policy.terms import BRONZE, TIERS


class Wallet(models.Model):
    """Where a subscriber's points are, and where their ledger has got to."""

    subscriber = models.OneToOneField(Subscriber, on_delete=models.PROTECT, primary_key=True)
    pending = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)
    redeemed = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    revoked = models.BigIntegerField(default=0)
    last_number = models.IntegerField(default=0)
    last_digest = models.BinaryField(max_length=32, default=b"")
    last_posted_at = models.DateTimeField(null=True)
    # Benefits since the beginning: it bounds those of any month or year, so that most charges
    # need not look at months to know that no cap is near.
    benefit_life_minor = models.BigIntegerField(default=0)
    waiting_refunds = models.IntegerField(default=0)
    tier = models.CharField(max_length=8, choices=choices_of(TIERS), default=BRONZE)
    tier_since = models.DateTimeField(null=True)
    tier_evaluated_for = models.DateField(null=True)
    downgrade_on = models.DateField(null=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            *not_negative(
                "wallet",
                *LEDGER_ACCOUNTS,
                "last_number",
                "benefit_life_minor",
                "waiting_refunds",
            ),
            models.CheckConstraint(
                # What was issued and is owed is somewhere.
                condition=Q(
                    issued=F("pending")
                    + F("available")
                    + F("reserved")
                    + F("redeemed")
                    + F("expired")
                    + F("revoked")
                    - F("debt")
                ),
                name="wallet_books_close",
            ),
            models.CheckConstraint(condition=Q(tier__in=TIERS), name="wallet_tier_is_a_known_one"),
        ]

    def __str__(self) -> str:
        return f"Wallet of {self.subscriber_id}"


class SubscriberMonth(models.Model):
    """What a calendar month was worth: read by caps, tiers and reports."""

    pk = models.CompositePrimaryKey("subscriber_id", "month")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    month = models.DateField()
    revenue_minor = models.BigIntegerField(default=0)
    points_earned = models.BigIntegerField(default=0)
    benefit_minor = models.BigIntegerField(default=0)
    points_redeemed = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            *not_negative(
                "subscriber_month",
                "revenue_minor",
                "points_earned",
                "benefit_minor",
                "points_redeemed",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="subscriber_month_is_its_first_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} of {self.subscriber_id}"


class TierChange(models.Model):
    """A tier in force from `starts_at` on; before the first one a subscriber is Bronze.

    Append-only, by privileges and by trigger.
    """

    pk = models.CompositePrimaryKey("subscriber_id", "starts_at")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, db_index=False)
    starts_at = models.DateTimeField()
    tier = models.CharField(max_length=8, choices=choices_of(TIERS))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=TIERS), name="tier_change_tier_is_a_known_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} since {self.starts_at:%Y-%m-%d}"
