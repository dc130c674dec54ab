"""Rows that are older than what is known are counted apart."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0002_row_errors_are_append_only"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="shard",
            name="import_shard_counts_are_not_negative",
        ),
        migrations.RemoveConstraint(
            model_name="shard",
            name="import_shard_counts_add_up",
        ),
        migrations.AddField(
            model_name="import",
            name="reported_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="stale",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="shard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accepted__gte", 0),
                    ("line__gte", 0),
                    ("offset__gte", 0),
                    ("rejected__gte", 0),
                    ("replayed__gte", 0),
                    ("stale__gte", 0),
                ),
                name="import_shard_counts_are_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="shard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows_read",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("accepted"), "+", models.F("replayed")
                                ),
                                "+",
                                models.F("stale"),
                            ),
                            "+",
                            models.F("rejected"),
                        ),
                    )
                ),
                name="import_shard_counts_add_up",
            ),
        ),
    ]
