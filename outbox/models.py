"""Announced events, waiting to be delivered."""

from django.db import models


class Event(models.Model):
    """One announcement: up to a few hundred items of one call, all of the same name."""

    name = models.CharField(max_length=64)
    items = models.JSONField()
    announced_at = models.DateTimeField()

    class Meta:
        verbose_name = "event"

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"
