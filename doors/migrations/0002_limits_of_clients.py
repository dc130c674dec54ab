"""What a client may ask for and spend, and how far its requests are paid for."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("doors", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("paid_until_us", models.BigIntegerField(help_text="Microseconds since 1970.")),
                ("taken", models.IntegerField(help_text="Requests that the last lease took.")),
            ],
        ),
        # Written often, and worth nothing after a crash: it needs no place in the log.
        migrations.RunSQL("ALTER TABLE doors_allowance SET UNLOGGED", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="client",
            name="daily_charge_limit_minor",
            field=models.BigIntegerField(
                blank=True, help_text="Kopecks of charges that it may post in a day.", null=True
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="daily_redemption_limit_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Kopecks of redemptions that it may reserve in a day.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="reads_per_second",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Requests that read; empty for the default, 0 for no limit.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="writes_per_second",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Requests that write, a batch as one; empty for the default, 0 for no limit.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("daily_charge_limit_minor__isnull", True),
                    ("daily_charge_limit_minor__gte", 0),
                    _connector="OR",
                ),
                name="client_daily_charge_limit_is_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("daily_redemption_limit_minor__isnull", True),
                    ("daily_redemption_limit_minor__gte", 0),
                    _connector="OR",
                ),
                name="client_daily_redemption_limit_is_not_negative",
            ),
        ),
    ]
