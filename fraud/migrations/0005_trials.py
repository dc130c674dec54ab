"""Trials of rule sets, and which roles read and start them."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

READ = ("view_trial",)
START = ("view_trial", "add_trial")
ROLES = {
    "Read only": READ,
    "Fraud analyst": READ,
    "Senior fraud analyst": START,
    "Program manager": START,
}


def give_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Safe to repeat; what a role was given by hand, it keeps."""
    alias = schema_editor.connection.alias
    fraud = apps.get_app_config("fraud")
    # Of an app as it is at this point, models and all, Django makes none otherwise.
    fraud.models_module = True  # type: ignore[assignment]
    create_permissions(fraud, apps=apps, verbosity=0, using=alias)
    fraud.models_module = None
    groups = apps.get_model("auth", "Group").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for name, codenames in ROLES.items():
        role, _ = groups.get_or_create(name=name)
        allowed = permissions.filter(content_type__app_label="fraud", codename__in=codenames)
        role.permissions.add(*allowed)


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0004_rule_sets_in_the_admin"),
    ]

    operations = [
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("backtest", "backtest"),
                            ("calibration", "calibration"),
                            ("learning", "learning"),
                        ],
                        max_length=11,
                    ),
                ),
                ("rules", models.JSONField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("options", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=150)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("claimed_by", models.CharField(max_length=32, null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("tries", models.SmallIntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("result", models.JSONField(null=True)),
                ("failure", models.CharField(blank=True, default="", max_length=500)),
                ("drafted_at", models.DateTimeField(null=True)),
                ("drafted_by", models.CharField(max_length=150, null=True)),
                (
                    "draft",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="fraud.rulesetversion",
                    ),
                ),
                (
                    "rule_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trials",
                        to="fraud.rulesetversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "trial of a rule set",
                "verbose_name_plural": "trials of rule sets",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ("waiting", "running"))),
                        fields=["id"],
                        name="trial_unfinished",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("backtest", "calibration", "learning"))),
                        name="trial_kind_is_a_known_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ("waiting", "running", "done", "failed"))
                        ),
                        name="trial_status_is_a_known_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("since"))),
                        name="trial_window_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claimed_at__isnull", False),
                                ("claimed_by__isnull", False),
                                ("leased_until__isnull", False),
                                ("status", "running"),
                            ),
                            models.Q(
                                models.Q(("status", "running"), _negated=True),
                                ("leased_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="trial_is_leased_exactly_if_it_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False),
                                ("result__isnull", False),
                                ("status", "done"),
                            ),
                            models.Q(
                                models.Q(("status", "done"), _negated=True),
                                ("result__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="trial_has_a_result_exactly_if_it_is_done",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False),
                                ("status", "failed"),
                                models.Q(("failure", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "failed"), _negated=True), ("failure", "")
                            ),
                            _connector="OR",
                        ),
                        name="trial_says_why_exactly_if_it_failed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("draft__isnull", True),
                                ("drafted_at__isnull", True),
                                ("drafted_by__isnull", True),
                            ),
                            models.Q(
                                ("draft__isnull", False),
                                ("drafted_at__isnull", False),
                                ("drafted_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="trial_is_drafted_by_somebody",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["subject_type", "subject_id", "-decided_at", "-id"],
                condition=models.Q(("status", "closed")),
                name="case_decided_by_subject",
            ),
        ),
        migrations.RunPython(give_roles, migrations.RunPython.noop),
    ]
