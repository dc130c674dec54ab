"""Benefits on their way through the gate, and points on their way to a bill."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Subscriber
from loyalty.models.columns import choices_of, not_negative
from loyalty.policy.redemptions import REDEMPTION_STATUSES, REWARDS

PAYOUT_KINDS = ("cap_excess",)
PAYOUT_STATUSES = ("requested", "in_review", "cleared", "refused", "paid")


class Payout(models.Model):
    """A benefit that must pass the gate; the ledger knows nothing of it until it is cleared."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="payouts")
    kind = models.CharField(max_length=16, choices=choices_of(PAYOUT_KINDS))
    status = models.CharField(max_length=9, choices=choices_of(PAYOUT_STATUSES))
    points = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    month = models.DateField(null=True)
    terms = models.SmallIntegerField()
    requested_at = models.DateTimeField()

    class Meta:
        constraints = [
            *not_negative("payout", "points", "value_minor"),
            models.CheckConstraint(
                condition=Q(status__in=PAYOUT_STATUSES),
                name="payout_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PAYOUT_KINDS), name="payout_kind_is_a_known_one"
            ),
            models.UniqueConstraint(
                fields=["subscriber", "month"],
                condition=Q(kind="cap_excess", status="in_review"),
                name="payout_of_excess_collects_in_one_per_month",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="payout_by_request"),
        ]

    def __str__(self) -> str:
        return f"Payout {self.id}"


class Redemption(models.Model):
    """Points on their way to a bill credit: reserved, then settled or given back."""

    redemption_id = models.CharField(max_length=64, unique=True)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="redemptions")
    status = models.CharField(max_length=9, choices=choices_of(REDEMPTION_STATUSES))
    points = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    reward = models.CharField(max_length=16, choices=choices_of(REWARDS))
    month = models.DateField()
    terms = models.SmallIntegerField()
    fingerprint = models.BinaryField(max_length=16)
    reasons = models.JSONField(default=list)
    reservation = models.IntegerField()
    settlement = models.IntegerField(null=True)
    credit_reference = models.CharField(max_length=64, blank=True, default="")
    closing_reason = models.CharField(max_length=200, blank=True, default="")
    reserved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="redemption_takes_points"),
            models.CheckConstraint(
                condition=Q(status__in=REDEMPTION_STATUSES),
                name="redemption_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("settled", "reversed"), settlement__isnull=False)
                | (~Q(status__in=("settled", "reversed")) & Q(settlement__isnull=True)),
                name="redemption_is_settled_by_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("released", "lapsed", "declined", "reversed"),
                    returned_at__isnull=False,
                )
                | Q(
                    status__in=("in_review", "reserved", "settled"),
                    returned_at__isnull=True,
                ),
                name="redemption_gives_points_back_at_some_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status="reserved"),
                name="redemption_due_to_lapse",
            ),
            models.Index(fields=["subscriber", "reserved_at"], name="redemption_by_subscriber"),
        ]

    def __str__(self) -> str:
        return f"Redemption {self.redemption_id}"
