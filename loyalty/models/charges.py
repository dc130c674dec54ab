"""What billing charged and gave back."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Subscriber
from loyalty.models.columns import AtUtc, choices_of, not_negative
from loyalty.policy.refunds import REFUND_REASONS, REFUND_STATUSES
from loyalty.policy.terms import CHARGE_KINDS, TIERS


class Charge(models.Model):
    """What billing charged, what it earned, and the permanent record of its id."""

    pk = models.CompositePrimaryKey("subscriber_id", "charge_id")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    charge_id = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=choices_of(CHARGE_KINDS))
    occurred_at = models.DateTimeField()
    month = models.DateField()
    fingerprint = models.BinaryField(max_length=16)
    tier = models.CharField(max_length=8, choices=choices_of(TIERS))
    terms = models.SmallIntegerField()
    # What the id made, repeated to whoever repeats the id.
    points_earned = models.BigIntegerField()
    points_in_review = models.BigIntegerField()
    points_to_debt = models.BigIntegerField()
    # The entry that credited the points, whose number is that of their lot.
    lot = models.IntegerField(null=True)
    posted_at = models.DateTimeField()
    # What refunds have changed since.
    refunded_minor = models.BigIntegerField(default=0)
    points_waiting = models.BigIntegerField(default=0)
    # What verdicts made of the points above the cap.
    points_cleared = models.BigIntegerField(default=0, db_default=0)
    points_declined = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="charge_has_an_amount"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="charge_is_refunded_at_most_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    points_waiting__gte=0,
                    points_cleared__gte=0,
                    points_declined__gte=0,
                    points_in_review__gte=F("points_waiting")
                    + F("points_cleared")
                    + F("points_declined"),
                ),
                name="charge_waits_with_at_most_what_was_sent_to_review",
            ),
            models.CheckConstraint(
                condition=Q(points_to_debt__gte=0, points_to_debt__lte=F("points_earned")),
                name="charge_pays_debt_from_what_it_earned",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CHARGE_KINDS), name="charge_kind_is_a_known_one"
            ),
        ]
        indexes = [
            # Charges come about in the order of their time: reports of a period read its blocks.
            BrinIndex(AtUtc("occurred_at"), name="charge_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"Charge {self.charge_id}"


class Refund(models.Model):
    """What billing gave back of a charge, and the permanent record of its id."""

    pk = models.CompositePrimaryKey("subscriber_id", "refund_id")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    refund_id = models.CharField(max_length=64)
    charge_id = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=10, choices=choices_of(REFUND_REASONS))
    occurred_at = models.DateTimeField()
    fingerprint = models.BinaryField(max_length=16)
    status = models.CharField(max_length=8, choices=choices_of(REFUND_STATUSES))
    # Where the points of the refunded amount were: waiting above the cap, in lots, lapsed
    # unspent, or spent and therefore owed.
    points_from_review = models.BigIntegerField(default=0)
    points_revoked = models.BigIntegerField(default=0)
    points_lapsed = models.BigIntegerField(default=0)
    points_to_debt = models.BigIntegerField(default=0)
    # How much of what was taken from review had been declined before.
    points_from_declined = models.BigIntegerField(default=0, db_default=0)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    # When billing reported that it does not stand, and when that happened.
    reversed_at = models.DateTimeField(null=True)
    reversal_occurred_at = models.DateTimeField(null=True)
    reversal_reason = models.CharField(max_length=200, default="", db_default="")
    # Points are whole: of a reversed refund one may stay taken, or one too many have come back,
    # for its charge to have earned what the rule makes of the net amount.
    kept_from_review = models.SmallIntegerField(default=0, db_default=0)
    kept_earned = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_has_an_amount"),
            models.CheckConstraint(
                # One that was reversed may have been applied before, or may have waited.
                condition=Q(status="applied", applied_at__isnull=False)
                | Q(status="reversed")
                | (~Q(status__in=("applied", "reversed")) & Q(applied_at__isnull=True)),
                name="refund_is_applied_at_some_moment",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="reversed",
                    reversed_at__isnull=False,
                    reversal_occurred_at__isnull=False,
                )
                | (
                    ~Q(status="reversed")
                    & Q(
                        reversed_at__isnull=True,
                        reversal_occurred_at__isnull=True,
                        kept_from_review=0,
                        kept_earned=0,
                    )
                ),
                name="refund_is_reversed_at_some_moment",
            ),
            models.CheckConstraint(
                condition=Q(
                    kept_from_review__gte=-1,
                    kept_from_review__lte=1,
                    kept_earned__gte=-1,
                    kept_earned__lte=1,
                ),
                name="refund_that_was_reversed_keeps_at_most_a_point",
            ),
            models.CheckConstraint(
                condition=Q(status__in=REFUND_STATUSES),
                name="refund_status_is_a_known_one",
            ),
            *not_negative(
                "refund",
                "points_from_review",
                "points_revoked",
                "points_lapsed",
                "points_to_debt",
                "points_from_declined",
            ),
        ]
        indexes = [
            models.Index(fields=["subscriber", "charge_id"], name="refund_by_charge"),
            BrinIndex(AtUtc("occurred_at"), name="refund_by_time", autosummarize=True),
            # Few are reversed: reports ask for these alone.
            models.Index(
                fields=["reversal_occurred_at"],
                condition=Q(status="reversed"),
                name="refund_by_reversal",
            ),
        ]

    def __str__(self) -> str:
        return f"Refund {self.refund_id}"
