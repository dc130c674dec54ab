"""Identifiers that link nobody: values that mean nothing, and those of too many accounts."""

from django.db import models
from django.db.models import Q

from accounts.models import Identifier
from trail.tracking import tracked


@tracked()
class MeaninglessIdentifier(models.Model):
    """An identifier that says nothing of whoever has it, such as a placeholder for "unknown"."""

    id = models.BigAutoField(primary_key=True)
    identifier = models.OneToOneField(
        Identifier, on_delete=models.PROTECT, related_name="meaninglessness"
    )
    reason = models.CharField(max_length=500)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="meaningless_identifier_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"Meaningless identifier {self.identifier_id}"


class CrowdedIdentifier(models.Model):
    """An identifier of more accounts than the limit of its kind; counted by the clock.

    Attributes:
        accounts: that were seen with it, when they were counted last.
        since_at: when it was first found to have more than its limit.
    """

    identifier = models.OneToOneField(
        Identifier, on_delete=models.CASCADE, primary_key=True, related_name="crowd"
    )
    accounts = models.BigIntegerField()
    since_at = models.DateTimeField()
    counted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-accounts", "identifier"], name="crowd_by_size")]

    def __str__(self) -> str:
        return f"Crowd behind {self.identifier_id}"
