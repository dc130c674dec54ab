"""What callers with a daily limit have used of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0008_reports_of_a_period_read_its_blocks"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "actor",
                        "day",
                        "use",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("actor", models.CharField(max_length=300)),
                ("day", models.DateField()),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("charges", "charges"),
                            ("redemptions", "redemptions"),
                            ("goodwill", "goodwill"),
                        ],
                        max_length=12,
                    ),
                ),
                ("used_minor", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("used_minor__gte", 0)),
                        name="daily_use_used_minor_is_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("use__in", ("charges", "redemptions", "goodwill"))),
                        name="daily_use_is_of_a_known_kind",
                    ),
                ],
            },
        ),
    ]
