"""Endpoints: where webhooks go, what was done to them, and what was asked for again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.owners import OWNER_LENGTH_MAX, PROGRAM
from outbox.policy.addresses import URL_LENGTH_MAX
from outbox.policy.endpoints import DISABLED, ENABLED, ENDPOINT_STATUSES
from trail.tracking import tracked

STEPS = (
    "registered", "changed", "enabled", "disabled", "removed", "rotated", "tested", "replayed",
    "revived",
)  # fmt: skip


@tracked(
    secrets=["secret", "previous_secret"],
    without=["fingerprint", "failing_since", "pace", "cancel_until"],
)
class Endpoint(models.Model):
    """An address of somebody outside, by the id that its client gave it.

    Attributes:
        owner: whose it is (kernel.owners).
        names: of the events that it hears; none means all.
        secret: sealed; signs every message.
        previous_secret: sealed; signs besides, until `previous_until`.
        fingerprint: of what it was registered with.
        failing_since: the first of an unbroken row of failures.
        pace: the smoothed time of an attempt, in milliseconds.
        disabled_reason: for people.
        cancel_until: messages up to this number that wait are being cancelled, in pages; 0 for
            none.
    """

    webhook_id = models.CharField("webhook id", max_length=64, unique=True)
    owner = models.CharField(
        max_length=OWNER_LENGTH_MAX, blank=True, default=PROGRAM, db_default=PROGRAM
    )
    url = models.CharField("address", max_length=URL_LENGTH_MAX)
    description = models.CharField(max_length=255, blank=True, default="")
    names = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name="events"
    )
    status = models.CharField(
        max_length=8, choices=[(word, word) for word in ENDPOINT_STATUSES], default=ENABLED
    )
    secret = models.BinaryField()
    previous_secret = models.BinaryField(null=True)
    previous_until = models.DateTimeField("former secret signs until", null=True, blank=True)
    fingerprint = models.BinaryField(max_length=16)
    failing_since = models.DateTimeField(null=True, blank=True)
    pace = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_by = models.CharField(max_length=150, blank=True, default="")
    disabled_reason = models.CharField(max_length=255, blank=True, default="")
    cancel_until = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = "webhook"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ENDPOINT_STATUSES), name="endpoint_status_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(status=DISABLED, disabled_at__isnull=False)
                | (~Q(status=DISABLED) & Q(disabled_at__isnull=True)),
                name="endpoint_has_a_moment_exactly_if_disabled",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret__isnull=True, previous_until__isnull=True)
                | Q(previous_secret__isnull=False, previous_until__isnull=False),
                name="endpoint_keeps_a_former_secret_until_some_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.webhook_id


class EndpointStep(models.Model):
    """Something that was done to an endpoint: by whom, when, and under which id of theirs."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=16, choices=[(word, word) for word in STEPS])
    step_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    note = models.CharField(max_length=255, blank=True, default="")
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=150)

    class Meta:
        verbose_name = "step of a webhook"
        constraints = [
            models.CheckConstraint(
                condition=Q(step__in=STEPS), name="endpoint_step_is_a_known_one"
            ),
            # Two that are asked without an id are two.
            models.UniqueConstraint(
                fields=["endpoint", "step", "step_id"], name="endpoint_step_is_taken_once_per_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}: {self.step}"


class Replay(models.Model):
    """Events that an endpoint is sent again: one, or those of a span of time.

    Attributes:
        event_id: the one; None for a span.
        since, until: the span of announcements, the end exclusive; None for one event.
        after_event: the last event that messages were written for.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="replays")
    replay_id = models.CharField("replay id", max_length=64)
    event_id = models.BigIntegerField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    fingerprint = models.BinaryField(max_length=16)
    after_event = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "replay"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "replay_id"], name="replay_is_asked_for_once_per_id"
            ),
            models.CheckConstraint(
                condition=Q(event_id__isnull=False, since__isnull=True, until__isnull=True)
                | Q(event_id__isnull=True, since__isnull=False, until__isnull=False),
                name="replay_is_of_an_event_or_of_a_span",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(finished_at=None), name="replay_unfinished")
        ]

    def __str__(self) -> str:
        return self.replay_id
