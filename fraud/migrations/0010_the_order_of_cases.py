"""The queue's order: what nobody waits for last, then by band, value at risk and deadline."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

ORDER = models.Index(
    models.Case(
        models.When(queue__in=("sample", "anomaly"), then=models.Value(1)),
        default=models.Value(0),
        output_field=models.SmallIntegerField(),
    ),
    models.Case(
        models.When(band="high", then=models.Value(0)),
        models.When(band="medium", then=models.Value(1)),
        default=models.Value(2),
        output_field=models.SmallIntegerField(),
    ),
    models.OrderBy(models.F("value_minor"), descending=True),
    models.F("due_at"),
    models.F("id"),
    condition=models.Q(("status", "closed"), _negated=True),
    name="case_in_order",
)


class Migration(migrations.Migration):
    # While cases go on being opened.
    atomic = False

    dependencies = [("fraud", "0009_roles_of_crowds")]

    operations = [
        AddIndexConcurrently(model_name="case", index=ORDER),
        RemoveIndexConcurrently(model_name="case", name="case_in_queue"),
    ]
