"""The gate: payouts through screen and verdict, in instalments, with every step kept."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("loyalty", "0005_terms_are_never_emptied"),
    ]

    operations = [
        migrations.CreateModel(
            name="GateChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject_type",
                    models.CharField(
                        choices=[("payout", "payout"), ("redemption", "redemption")], max_length=10
                    ),
                ),
                ("subject_id", models.CharField(max_length=64)),
                ("step", models.CharField(max_length=16)),
                ("before", models.CharField(max_length=11)),
                ("after", models.CharField(max_length=11)),
                ("reason", models.CharField(max_length=500)),
                ("details", models.JSONField()),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=150)),
            ],
            options={
                "verbose_name": "step through the gate",
                "verbose_name_plural": "steps through the gate",
            },
        ),
        migrations.CreateModel(
            name="Instalment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subscriber_id",
                        "payout_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "subscriber",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="accounts.subscriber",
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="instalments",
                        to="loyalty.payout",
                    ),
                ),
                ("number", models.SmallIntegerField()),
                ("due_on", models.DateField()),
                ("month", models.DateField()),
                ("points", models.BigIntegerField()),
                ("value_minor", models.BigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("due", "due"),
                            ("paid", "paid"),
                            ("cancelled", "cancelled"),
                            ("clawed_back", "clawed back"),
                        ],
                        max_length=11,
                    ),
                ),
                ("lot", models.IntegerField(null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name="payout",
            options={
                "permissions": [
                    ("decide_payout", "Can clear and refuse payouts"),
                    ("freeze_payout", "Can freeze and unfreeze payouts"),
                    ("claw_back_payout", "Can claw payouts back"),
                    ("grant_payout", "Can request goodwill credits"),
                ]
            },
        ),
        migrations.AlterModelOptions(
            name="redemption",
            options={
                "permissions": [
                    ("decide_redemption", "Can clear and decline redemptions in review")
                ]
            },
        ),
        migrations.RemoveConstraint(
            model_name="charge",
            name="charge_waits_with_at_most_what_was_sent_to_review",
        ),
        migrations.RemoveConstraint(
            model_name="entry",
            name="entry_moves_along_a_known_path",
        ),
        migrations.RemoveConstraint(
            model_name="payout",
            name="payout_status_is_a_known_one",
        ),
        migrations.RemoveConstraint(
            model_name="payout",
            name="payout_kind_is_a_known_one",
        ),
        migrations.AddField(
            model_name="charge",
            name="points_cleared",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="charge",
            name="points_declined",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="payout",
            name="caps_waived",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="payout",
            name="cause_id",
            field=models.CharField(db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="payout",
            name="cause_type",
            field=models.CharField(db_default="", max_length=12),
        ),
        migrations.AddField(
            model_name="payout",
            name="checker",
            field=models.CharField(max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="payout",
            name="decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payout",
            name="decided_by",
            field=models.CharField(max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="payout",
            name="depends_on",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payouts_earned_for_others",
                to="accounts.subscriber",
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="four_eyes_above_minor",
            field=models.BigIntegerField(default=300000),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="payout",
            name="maker",
            field=models.CharField(max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="payout",
            name="parts",
            field=models.SmallIntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name="payout",
            name="promise",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="payout",
            name="proposed_verdict",
            field=models.CharField(db_default="", max_length=6),
        ),
        migrations.AddField(
            model_name="payout",
            name="reasons",
            field=models.JSONField(db_default=models.Value([], models.JSONField())),
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
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="payout",
            name="kind",
            field=models.CharField(
                choices=[
                    ("cap_excess", "cap excess"),
                    ("referral_bonus", "referral bonus"),
                    ("invitee_bonus", "invitee bonus"),
                    ("goodwill", "goodwill"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="payout",
            name="status",
            field=models.CharField(
                choices=[
                    ("requested", "requested"),
                    ("in_review", "in review"),
                    ("cleared", "cleared"),
                    ("frozen", "frozen"),
                    ("paid", "paid"),
                    ("refused", "refused"),
                    ("cancelled", "cancelled"),
                    ("clawed_back", "clawed back"),
                ],
                max_length=11,
            ),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(fields=["cause_type", "cause_id"], name="payout_by_cause"),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(
                condition=models.Q(("status", "requested")),
                fields=["requested_at", "id"],
                name="payout_to_be_screened",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("points_cleared__gte", 0),
                    ("points_declined__gte", 0),
                    (
                        "points_in_review__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("points_waiting"), "+", models.F("points_cleared")
                            ),
                            "+",
                            models.F("points_declined"),
                        ),
                    ),
                    ("points_waiting__gte", 0),
                ),
                name="charge_waits_with_at_most_what_was_sent_to_review",
            ),
        ),
        migrations.AddConstraint(
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
                    ],
                ),
                name="entry_moves_along_a_known_path",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "requested",
                            "in_review",
                            "cleared",
                            "frozen",
                            "paid",
                            "refused",
                            "cancelled",
                            "clawed_back",
                        ),
                    )
                ),
                name="payout_status_is_a_known_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("cap_excess", "referral_bonus", "invitee_bonus", "goodwill"))
                ),
                name="payout_kind_is_a_known_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("parts__gt", 0)), name="payout_has_a_part"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("cleared", "frozen", "paid")), _negated=True),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("promise__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="payout_is_cleared_by_somebody_and_promised",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("cleared", "frozen", "paid")), _negated=True),
                    ("value_minor__lte", models.F("four_eyes_above_minor")),
                    models.Q(
                        ("checker__isnull", False),
                        ("maker__isnull", False),
                        models.Q(("maker", models.F("checker")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payout_above_the_limit_is_cleared_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "cap_excess"), _negated=True),
                fields=("subscriber", "kind", "cause_type", "cause_id"),
                name="payout_is_requested_once_per_cause",
            ),
        ),
        migrations.AddField(
            model_name="gatechange",
            name="subscriber",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gate_changes",
                to="accounts.subscriber",
            ),
        ),
        migrations.AddIndex(
            model_name="gatechange",
            index=models.Index(fields=["subject_type", "subject_id", "id"], name="gate_change_of"),
        ),
        migrations.AddIndex(
            model_name="instalment",
            index=models.Index(
                condition=models.Q(("status", "due")),
                fields=["due_on", "subscriber"],
                name="instalment_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="instalment",
            constraint=models.CheckConstraint(
                condition=models.Q(("value_minor__gte", 0)),
                name="instalment_value_minor_is_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="instalment",
            constraint=models.CheckConstraint(
                condition=models.Q(("points__gt", 0)), name="instalment_has_points"
            ),
        ),
        migrations.AddConstraint(
            model_name="instalment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True), ("paid_at__isnull", True), ("status", "due")
                    ),
                    models.Q(
                        ("ended_at__isnull", True), ("paid_at__isnull", False), ("status", "paid")
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("paid_at__isnull", True),
                        ("status", "cancelled"),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("paid_at__isnull", False),
                        ("status", "clawed_back"),
                    ),
                    _connector="OR",
                ),
                name="instalment_moments_fit_its_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="instalment",
            constraint=models.CheckConstraint(
                condition=models.Q(("month__day", 1)), name="instalment_month_is_its_first_day"
            ),
        ),
    ]
