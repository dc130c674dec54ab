"""Messages: what each endpoint is sent, and every attempt at it."""

from django.db import models
from django.db.models import Q

from outbox.models.endpoints import Endpoint, Replay
from outbox.policy.lanes import LANES
from outbox.policy.retries import MESSAGE_STATUSES, PENDING


class Message(models.Model):
    """The items of one event that are one lane's, for one endpoint.

    Only the pending message with the lowest number is sent of a lane: its head.

    Attributes:
        event_id: no foreign key: messages may outlive what they say, and the other way round.
        claimed_until: somebody is sending it, unless they died; then it is sent again.
        ended_at: when it was delivered, given up or cancelled.
    """

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    event_id = models.BigIntegerField(null=True, blank=True)
    replay = models.ForeignKey(
        Replay,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    name = models.CharField("event", max_length=64)
    lane = models.SmallIntegerField()
    items = models.JSONField()
    announced_at = models.DateTimeField()
    written_at = models.DateTimeField()
    status = models.CharField(
        max_length=9, choices=[(word, word) for word in MESSAGE_STATUSES], default=PENDING
    )
    attempts_made = models.SmallIntegerField("attempts", default=0)
    next_attempt_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_status = models.SmallIntegerField("last answer", null=True, blank=True)
    last_error = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        verbose_name = "message"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=MESSAGE_STATUSES), name="message_status_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(lane__gte=0, lane__lt=LANES), name="message_lane_is_one_of_them"
            ),
            models.CheckConstraint(
                condition=Q(status=PENDING, ended_at__isnull=True)
                | (~Q(status=PENDING) & Q(ended_at__isnull=False)),
                name="message_ends_exactly_if_it_is_not_pending",
            ),
            models.CheckConstraint(
                condition=Q(attempts_made__gte=0), name="message_attempts_are_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "lane", "id"],
                condition=Q(status=PENDING),
                name="message_pending",
            ),
            models.Index(fields=["endpoint", "status", "id"], name="message_by_status"),
        ]

    def __str__(self) -> str:
        return f"msg_{self.pk}"


class Attempt(models.Model):
    """One attempt at a message, and what came of it; written once."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attempts")
    number = models.SmallIntegerField()
    made_at = models.DateTimeField()
    milliseconds = models.IntegerField()
    answer = models.SmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        verbose_name = "attempt"
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="attempt_numbers_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"msg_{self.message_id} #{self.number}"
