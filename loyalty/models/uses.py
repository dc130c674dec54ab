"""What callers with a daily limit have used of it."""

from django.db import models

from loyalty.models.columns import choices_of, not_negative
from loyalty.policy.limits import USES


class DailyUse(models.Model):
    """Kopecks of one kind that a caller moved in a day of the program's time zone.

    Only callers with a limit have rows here: whoever has none pays nothing for being counted.
    """

    pk = models.CompositePrimaryKey("actor", "day", "use")
    actor = models.CharField(max_length=300)
    day = models.DateField()
    use = models.CharField(max_length=12, choices=choices_of(USES))
    used_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            *not_negative("daily_use", "used_minor"),
            models.CheckConstraint(
                condition=models.Q(use__in=USES), name="daily_use_is_of_a_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor}, {self.day:%Y-%m-%d}, {self.use}"
