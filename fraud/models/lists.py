"""What verdicts leave behind: blocked identifiers, standings, rules that are snoozed."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Identifier, Subscriber
from fraud.policy.rules import RULES
from fraud.policy.standings import STANDINGS
from fraud.policy.words import choices_of
from trail.tracking import tracked


@tracked()
class BlockedIdentifier(models.Model):
    """An identifier whose benefits are stopped, with the basis for it and until when."""

    id = models.BigAutoField(primary_key=True)
    identifier = models.ForeignKey(Identifier, on_delete=models.PROTECT, related_name="blocks")
    reason = models.CharField(max_length=500)
    source = models.CharField(max_length=64)
    blocked_at = models.DateTimeField()
    blocked_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identifier"],
                condition=Q(lifted_at__isnull=True),
                name="identifier_is_blocked_once",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("blocked_at")),
                name="block_expires_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="block_is_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Block of {self.identifier_id}"


@tracked()
class SubscriberStanding(models.Model):
    """What is thought of a subscriber; whoever has no row is in normal standing."""

    subscriber = models.OneToOneField(
        Subscriber, on_delete=models.PROTECT, primary_key=True, related_name="standing"
    )
    standing = models.CharField(max_length=7, choices=choices_of(STANDINGS))
    reason = models.CharField(max_length=500)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(standing__in=STANDINGS), name="standing_is_a_known_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id}: {self.standing}"


@tracked()
class RuleSnooze(models.Model):
    """A rule that is silent about a subscriber until a date, after a false positive."""

    id = models.BigAutoField(primary_key=True)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.PROTECT, related_name="rule_snoozes"
    )
    rule = models.CharField(max_length=32, choices=choices_of(tuple(r.name for r in RULES)))
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)
    # Somebody has let it act again before its time.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001

    class Meta:
        indexes = [models.Index(fields=["subscriber", "until"], name="rule_snooze_by_subscriber")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("set_at")), name="rule_snooze_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="rule_snooze_is_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} of {self.subscriber_id} until {self.until:%Y-%m-%d}"


class ReferralNorm(models.Model):
    """How often inviters invite: joins of the 30 days before a day, per inviter who had any.

    In thousandths, so that what a screening read can be read again.
    """

    day = models.DateField(primary_key=True)
    inviters = models.IntegerField()
    mean_thousandths = models.BigIntegerField()
    deviation_thousandths = models.BigIntegerField()

    def __str__(self) -> str:
        return f"Referrals per inviter on {self.day}"
