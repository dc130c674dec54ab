"""The index of lots that hold points of an earlier entry, while everybody writes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("loyalty", "0015_who_asked_for_a_benefit")]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                fields=["subscriber"],
                condition=models.Q(kind__in=["debt_return", "rounding"]),
                name="entry_of_inherited_points",
            ),
        ),
    ]
