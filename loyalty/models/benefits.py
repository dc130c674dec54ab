"""Benefits on their way through the gate, and points on their way to a bill."""

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q, Value

from accounts.models import Subscriber
from kernel.owners import EVERY_CLIENT, OWNER_LENGTH_MAX, PROGRAM
from loyalty.models.columns import AtUtc, choices_of, not_negative
from loyalty.policy.gate import (
    CAP_EXCESS,
    INSTALMENT_STATUSES,
    MACHINES,
    PAYOUT_KINDS,
    PAYOUT_STATUSES,
    PROMISED_STATUSES,
)
from loyalty.policy.redemptions import REDEMPTION_STATUSES, REWARDS


class Payout(models.Model):
    """A benefit that must pass the gate; the ledger knows nothing of it until it is cleared."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="payouts")
    kind = models.CharField(max_length=16, choices=choices_of(PAYOUT_KINDS))
    status = models.CharField(max_length=11, choices=choices_of(PAYOUT_STATUSES))
    points = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    # What it is for: one benefit of a kind per cause and subscriber.
    cause_type = models.CharField(max_length=12, db_default="")
    cause_id = models.CharField(max_length=64, db_default="")
    # The month whose cap was exceeded.
    month = models.DateField(null=True)
    terms = models.SmallIntegerField()
    parts = models.SmallIntegerField(db_default=1)
    # Whose staying earns it, if that is not a matter of the beneficiary alone.
    depends_on = models.ForeignKey(
        Subscriber, on_delete=models.PROTECT, null=True, related_name="payouts_earned_for_others"
    )
    four_eyes_above_minor = models.BigIntegerField()
    maker = models.CharField(max_length=150, null=True)  # noqa: DJ001 (NULL: nobody yet)
    checker = models.CharField(max_length=150, null=True)  # noqa: DJ001
    proposed_verdict = models.CharField(max_length=6, db_default="")
    # Why it waits, was refused, or was cancelled, as {code, detail}.
    reasons = models.JSONField(db_default=Value([], models.JSONField()))
    # A verdict has looked at what exceeds a cap, and clears it all the same.
    caps_waived = models.BooleanField(db_default=False)
    # The entry that put it on the books.
    promise = models.IntegerField(null=True)
    requested_at = models.DateTimeField()
    # The person who asked for it, who never clears it; NULL where an event earned it.
    requested_by = models.CharField(max_length=150, null=True)  # noqa: DJ001
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, null=True)  # noqa: DJ001

    class Meta:
        permissions = [
            ("decide_payout", "Can clear and refuse payouts"),
            ("freeze_payout", "Can freeze and unfreeze payouts"),
            ("claw_back_payout", "Can claw payouts back"),
            ("grant_payout", "Can request goodwill credits"),
        ]
        constraints = [
            *not_negative("payout", "points", "value_minor"),
            models.CheckConstraint(
                condition=Q(status__in=PAYOUT_STATUSES),
                name="payout_status_is_a_known_one",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PAYOUT_KINDS), name="payout_kind_is_a_known_one"
            ),
            models.CheckConstraint(condition=Q(parts__gt=0), name="payout_has_a_part"),
            models.CheckConstraint(
                condition=~Q(status__in=PROMISED_STATUSES)
                | Q(promise__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
                name="payout_is_cleared_by_somebody_and_promised",
            ),
            models.CheckConstraint(
                # NULL would satisfy a bare comparison, so both are asked for.
                condition=~Q(status__in=PROMISED_STATUSES)
                | Q(value_minor__lte=F("four_eyes_above_minor"))
                | (Q(maker__isnull=False, checker__isnull=False) & ~Q(maker=F("checker"))),
                name="payout_above_the_limit_is_cleared_by_two",
            ),
            models.UniqueConstraint(
                fields=["subscriber", "month"],
                condition=Q(kind=CAP_EXCESS, status="in_review"),
                name="payout_of_excess_collects_in_one_per_month",
            ),
            models.UniqueConstraint(
                fields=["subscriber", "kind", "cause_type", "cause_id"],
                condition=~Q(kind=CAP_EXCESS),
                name="payout_is_requested_once_per_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="payout_by_request"),
            models.Index(fields=["cause_type", "cause_id"], name="payout_by_cause"),
            models.Index(
                fields=["requested_at", "id"],
                condition=Q(status="requested"),
                name="payout_to_be_screened",
            ),
        ]

    def __str__(self) -> str:
        return f"Payout {self.id}"


class Instalment(models.Model):
    """A part of a cleared payout, paid on its day."""

    pk = models.CompositePrimaryKey("subscriber_id", "payout_id", "number")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="instalments")
    number = models.SmallIntegerField()
    due_on = models.DateField()
    # Whose caps it counts against.
    month = models.DateField()
    points = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    status = models.CharField(max_length=11, choices=choices_of(INSTALMENT_STATUSES))
    # The entry that paid it into a lot, whose number is the lot's; none if it all paid debt.
    lot = models.IntegerField(null=True)
    paid_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *not_negative("instalment", "value_minor"),
            models.CheckConstraint(condition=Q(points__gt=0), name="instalment_has_points"),
            models.CheckConstraint(
                condition=Q(status="due", paid_at__isnull=True, ended_at__isnull=True)
                | Q(status="paid", paid_at__isnull=False, ended_at__isnull=True)
                | Q(status="cancelled", paid_at__isnull=True, ended_at__isnull=False)
                | Q(status="clawed_back", paid_at__isnull=False, ended_at__isnull=False),
                name="instalment_moments_fit_its_status",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="instalment_month_is_its_first_day"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "subscriber"],
                condition=Q(status="due"),
                name="instalment_due",
            ),
        ]

    def __str__(self) -> str:
        return f"Instalment {self.number} of {self.payout_id}"


class GateChange(models.Model):
    """A step of a payout or a redemption through the gate: who, why, before and after.

    Append-only, by privileges and by trigger.
    """

    subject_type = models.CharField(max_length=10, choices=choices_of(("payout", "redemption")))
    subject_id = models.CharField(max_length=64)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.PROTECT, related_name="gate_changes"
    )
    step = models.CharField(max_length=16)
    before = models.CharField(max_length=11)
    after = models.CharField(max_length=11)
    reason = models.CharField(max_length=500)
    details = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        verbose_name = "step through the gate"
        verbose_name_plural = "steps through the gate"
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="gate_change_of"),
            # The audit trail: what persons did, by time. Whoever pays and screens adds nothing.
            models.Index(
                fields=["changed_at", "id"],
                condition=~Q(changed_by__in=MACHINES),
                name="gate_change_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.subject_type} {self.subject_id}"


class Redemption(models.Model):
    """Points on their way to a bill credit: reserved, then settled or given back."""

    redemption_id = models.CharField(max_length=64, unique=True)
    # Whose it is (kernel.owners). Those from before owners were kept have EVERY_CLIENT.
    owner = models.CharField(
        max_length=OWNER_LENGTH_MAX, blank=True, default=PROGRAM, db_default=EVERY_CLIENT
    )
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
        permissions = [("decide_redemption", "Can clear and decline redemptions in review")]
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
            models.Index(fields=["owner", "id"], name="redemption_by_owner"),
            BrinIndex(AtUtc("reserved_at"), name="redemption_by_time", autosummarize=True),
            models.Index(
                fields=["settled_at"],
                condition=Q(settled_at__isnull=False),
                name="redemption_by_settlement",
            ),
            models.Index(
                fields=["returned_at"], condition=Q(status="reversed"), name="redemption_reversed"
            ),
        ]

    def __str__(self) -> str:
        return f"Redemption {self.redemption_id}"
