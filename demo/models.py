"""How far loading the demo is."""

from django.db import models
from django.db.models import Q


class DemoLoad(models.Model):
    """The one load of the demo into this database; a step is committed with its count."""

    as_of = models.DateTimeField()
    customers = models.IntegerField()
    steps_done = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    is_finished = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="demo_is_loaded_once"),
        ]

    def __str__(self) -> str:
        return f"Demo of {self.customers} customers"
