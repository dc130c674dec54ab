"""Keep the index of periods that don't overlap from standing in for the one by subscriber."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models

import accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_left_before"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="statusperiod",
            name="status_periods_do_not_overlap",
        ),
        migrations.AddConstraint(
            model_name="statusperiod",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        accounts.models._TsTzRange(
                            "starts_at",
                            "ends_at",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                        ),
                        "&&",
                    ),
                    (models.F("subscriber") + 0, "="),
                ],
                name="status_periods_do_not_overlap",
            ),
        ),
    ]
