"""Announced events."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q


class Event(models.Model):
    """One announcement: up to a few hundred items of one call, all of the same name.

    Attributes:
        announced_at: the moment of the fact, which a job may have been given.
        relayed_at: when the relay handed it to all that hear it; None until then.
    """

    name = models.CharField(max_length=64)
    items = models.JSONField()
    announced_at = models.DateTimeField()
    relayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "event"
        indexes = [
            models.Index(fields=["id"], condition=Q(relayed_at=None), name="event_unrelayed"),
            # For replays by time: as good as free to write, and rows lie in about this order.
            BrinIndex(fields=["announced_at"], autosummarize=True, name="event_announced_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"
