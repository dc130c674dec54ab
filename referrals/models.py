"""Referral codes and referrals."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Subscriber
from referrals.policy.gates import EXPIRED, EXPIRY_REASONS, QUALIFIED, REFERRAL_STATUSES, REFUSED


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value.replace("_", " ")) for value in values]


class ReferralCode(models.Model):
    """What a subscriber tells those whom they invite."""

    subscriber = models.OneToOneField(
        Subscriber, on_delete=models.PROTECT, primary_key=True, related_name="referral_code"
    )
    code = models.CharField(max_length=8, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class Referral(models.Model):
    """That a subscriber joined by another one's invitation, and what became of it."""

    referral_id = models.CharField(max_length=64, unique=True)
    inviter = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="invitations")
    invitee = models.ForeignKey(
        Subscriber, on_delete=models.PROTECT, related_name="referrals", db_index=False
    )
    status = models.CharField(max_length=9, choices=_choices(REFERRAL_STATUSES))
    reason = models.CharField(max_length=32, blank=True, default="")
    terms = models.SmallIntegerField()
    # The moment of acceptance, and its month in the program's zone.
    joined_at = models.DateTimeField()
    month = models.DateField()
    # As far as the activation is known; the job corrects it if billing corrects that.
    window_ends_at = models.DateTimeField()
    fingerprint = models.BinaryField(max_length=16)
    reported_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invitee"],
                condition=~Q(status=REFUSED),
                name="referral_has_one_inviter",
            ),
            models.CheckConstraint(
                condition=~Q(inviter=F("invitee")), name="referral_is_of_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(status__in=REFERRAL_STATUSES), name="referral_status_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(status=EXPIRED, reason__in=EXPIRY_REASONS)
                | (~Q(status=EXPIRED) & ~Q(reason__in=EXPIRY_REASONS)),
                name="referral_expires_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(QUALIFIED, EXPIRED)) | Q(decided_at__isnull=False),
                name="referral_is_decided_at_some_moment",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="referral_month_is_its_first_day"
            ),
        ]
        indexes = [
            models.Index(fields=["inviter", "month"], name="referral_by_inviter"),
            models.Index(fields=["status", "id"], name="referral_by_status"),
        ]

    def __str__(self) -> str:
        return f"Referral {self.referral_id}"
