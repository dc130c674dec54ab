"""Refunds can be reversed; entries that give back what was taken."""

import django.db.models.functions.text
import django.db.models.lookups
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_roles_of_personal_data"),
        ("loyalty", "0012_scheduled_and_withdrawn"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="entry",
            name="entry_moves_along_a_known_path",
        ),
        migrations.RemoveConstraint(
            model_name="refund",
            name="refund_is_applied_at_some_moment",
        ),
        migrations.RemoveConstraint(
            model_name="refund",
            name="refund_status_is_a_known_one",
        ),
        migrations.AddField(
            model_name="refund",
            name="kept_earned",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="refund",
            name="kept_from_review",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="refund",
            name="points_from_declined",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="refund",
            name="reversal_occurred_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="refund",
            name="reversal_reason",
            field=models.CharField(db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="refund",
            name="reversed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="entry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accrual", "accrual"),
                    ("refund", "refund"),
                    ("chargeback", "chargeback"),
                    ("expiry", "expiry"),
                    ("reservation", "reservation"),
                    ("settlement", "settlement"),
                    ("release", "release"),
                    ("lapse", "lapse"),
                    ("reversal", "reversal"),
                    ("debt_payment", "debt payment"),
                    ("revocation", "revocation"),
                    ("grant", "grant"),
                    ("payment", "payment"),
                    ("cancellation", "cancellation"),
                    ("clawback", "clawback"),
                    ("restoration", "restoration"),
                    ("debt_return", "debt return"),
                    ("rounding", "rounding"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="status",
            field=models.CharField(
                choices=[
                    ("applied", "applied"),
                    ("waiting", "waiting"),
                    ("rejected", "rejected"),
                    ("reversed", "reversed"),
                ],
                max_length=8,
            ),
        ),
        AddConstraintNotValid(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.In(
                    django.db.models.functions.text.Concat(
                        "kind", models.Value(":"), "source", models.Value(">"), "destination"
                    ),
                    [
                        "accrual:issued>available",
                        "accrual:issued>debt",
                        "refund:available>revoked",
                        "refund:debt>revoked",
                        "chargeback:available>revoked",
                        "chargeback:debt>revoked",
                        "expiry:available>expired",
                        "reservation:available>reserved",
                        "settlement:reserved>redeemed",
                        "release:reserved>available",
                        "lapse:reserved>available",
                        "reversal:redeemed>reserved",
                        "reversal:reserved>available",
                        "debt_payment:available>debt",
                        "revocation:available>revoked",
                        "grant:issued>pending",
                        "payment:pending>available",
                        "payment:pending>debt",
                        "cancellation:pending>revoked",
                        "clawback:available>revoked",
                        "clawback:debt>revoked",
                        "restoration:revoked>available",
                        "restoration:revoked>debt",
                        "restoration:revoked>pending",
                        "debt_return:debt>available",
                        "rounding:issued>available",
                        "rounding:issued>debt",
                        "rounding:available>revoked",
                        "rounding:debt>revoked",
                    ],
                ),
                name="entry_moves_along_a_known_path",
            ),
        ),
        AddConstraintNotValid(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("applied_at__isnull", False), ("status", "applied")),
                    ("status", "reversed"),
                    models.Q(
                        models.Q(("status__in", ("applied", "reversed")), _negated=True),
                        ("applied_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="refund_is_applied_at_some_moment",
            ),
        ),
        AddConstraintNotValid(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("reversal_occurred_at__isnull", False),
                        ("reversed_at__isnull", False),
                        ("status", "reversed"),
                    ),
                    models.Q(
                        models.Q(("status", "reversed"), _negated=True),
                        ("kept_earned", 0),
                        ("kept_from_review", 0),
                        ("reversal_occurred_at__isnull", True),
                        ("reversed_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="refund_is_reversed_at_some_moment",
            ),
        ),
        AddConstraintNotValid(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kept_earned__gte", -1),
                    ("kept_earned__lte", 1),
                    ("kept_from_review__gte", -1),
                    ("kept_from_review__lte", 1),
                ),
                name="refund_that_was_reversed_keeps_at_most_a_point",
            ),
        ),
        AddConstraintNotValid(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("applied", "waiting", "rejected", "reversed"))),
                name="refund_status_is_a_known_one",
            ),
        ),
        AddConstraintNotValid(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("points_from_declined__gte", 0)),
                name="refund_points_from_declined_is_not_negative",
            ),
        ),
    ]
