"""Groups of clients that share what they made, former secrets, and what was exported."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("doors", "0006_the_trail_of_second_factors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="client",
            name="added_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="client",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="client",
            name="removed_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="client",
            name="client_secret_renewed",
        ),
        migrations.CreateModel(
            name="ClientGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        default=list,
                        size=None,
                        verbose_name="what they share",
                    ),
                ),
            ],
            options={
                "verbose_name": "group of clients",
                "verbose_name_plural": "groups of clients",
            },
        ),
        migrations.CreateModel(
            name="ClientGroupEvent",
            fields=[
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "pgh_program",
                    models.TextField(
                        db_default=models.Func(
                            models.Value("application_name"), function="current_setting"
                        )
                    ),
                ),
                ("pgh_role", models.TextField(db_default=models.Func(template="SESSION_USER"))),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                ("name", models.CharField(max_length=100)),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        default=list,
                        size=None,
                        verbose_name="what they share",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("key", models.CharField(blank=True, default="", max_length=64)),
                ("file", models.CharField(max_length=100)),
                ("asked", models.JSONField(default=dict)),
                ("page", models.CharField(max_length=255)),
                ("request", models.CharField(max_length=64)),
                ("exported_at", models.DateTimeField()),
                ("exported_by", models.CharField(max_length=150)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="client",
            name="previous_secret",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="client",
            name="previous_until",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="former secret works until"
            ),
        ),
        migrations.AddField(
            model_name="clientevent",
            name="previous_until",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="former secret works until"
            ),
        ),
        migrations.AddConstraint(
            model_name="clientgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(("kinds__contained_by", ["webhooks", "imports", "redemptions"])),
                name="client_group_shares_known_kinds",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientgroup",
            constraint=models.CheckConstraint(
                condition=models.Q(("kinds", []), _negated=True),
                name="client_group_shares_something",
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="Clients of a group share what one of them made.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clients",
                to="doors.clientgroup",
            ),
        ),
        migrations.AddField(
            model_name="clientevent",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Clients of a group share what one of them made.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doors.clientgroup",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("previous_secret", ""), ("previous_until__isnull", True)),
                    models.Q(
                        models.Q(("previous_secret", ""), _negated=True),
                        ("previous_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="client_keeps_a_former_secret_until_some_moment",
            ),
        ),
        migrations.AddField(
            model_name="clientgroupevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doors.clientgroup",
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["exported_at", "id"], name="export_by_time"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="client",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doors_clientevent" ("algorithm", "allowed_origins", "authorization_grant_type", "cimd_expires_at", "client_id", "client_type", "created", "daily_charge_limit_minor", "daily_redemption_limit_minor", "group_id", "hash_client_secret", "id", "is_enabled", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "post_logout_redirect_uris", "previous_until", "reads_per_second", "redirect_uris", "registration_source", "scopes", "skip_authorization", "user_id", "writes_per_second") VALUES (NEW."algorithm", NEW."allowed_origins", NEW."authorization_grant_type", NEW."cimd_expires_at", NEW."client_id", NEW."client_type", NEW."created", NEW."daily_charge_limit_minor", NEW."daily_redemption_limit_minor", NEW."group_id", NEW."hash_client_secret", NEW."id", NEW."is_enabled", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."id", NEW."post_logout_redirect_uris", NEW."previous_until", NEW."reads_per_second", NEW."redirect_uris", NEW."registration_source", NEW."scopes", NEW."skip_authorization", NEW."user_id", NEW."writes_per_second"); RETURN NULL;',
                    hash="73cbe9c09981bd3a737671c8be2f5f1ceae54a10",
                    operation="INSERT",
                    pgid="pgtrigger_added_insert_be70d",
                    table="doors_client",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="client",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."algorithm" IS DISTINCT FROM (NEW."algorithm") OR OLD."allowed_origins" IS DISTINCT FROM (NEW."allowed_origins") OR OLD."authorization_grant_type" IS DISTINCT FROM (NEW."authorization_grant_type") OR OLD."cimd_expires_at" IS DISTINCT FROM (NEW."cimd_expires_at") OR OLD."client_id" IS DISTINCT FROM (NEW."client_id") OR OLD."client_type" IS DISTINCT FROM (NEW."client_type") OR OLD."created" IS DISTINCT FROM (NEW."created") OR OLD."daily_charge_limit_minor" IS DISTINCT FROM (NEW."daily_charge_limit_minor") OR OLD."daily_redemption_limit_minor" IS DISTINCT FROM (NEW."daily_redemption_limit_minor") OR OLD."group_id" IS DISTINCT FROM (NEW."group_id") OR OLD."hash_client_secret" IS DISTINCT FROM (NEW."hash_client_secret") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_enabled" IS DISTINCT FROM (NEW."is_enabled") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."post_logout_redirect_uris" IS DISTINCT FROM (NEW."post_logout_redirect_uris") OR OLD."previous_until" IS DISTINCT FROM (NEW."previous_until") OR OLD."reads_per_second" IS DISTINCT FROM (NEW."reads_per_second") OR OLD."redirect_uris" IS DISTINCT FROM (NEW."redirect_uris") OR OLD."registration_source" IS DISTINCT FROM (NEW."registration_source") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."skip_authorization" IS DISTINCT FROM (NEW."skip_authorization") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."writes_per_second" IS DISTINCT FROM (NEW."writes_per_second"))',
                    func='INSERT INTO "doors_clientevent" ("algorithm", "allowed_origins", "authorization_grant_type", "cimd_expires_at", "client_id", "client_type", "created", "daily_charge_limit_minor", "daily_redemption_limit_minor", "group_id", "hash_client_secret", "id", "is_enabled", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "post_logout_redirect_uris", "previous_until", "reads_per_second", "redirect_uris", "registration_source", "scopes", "skip_authorization", "user_id", "writes_per_second") VALUES (NEW."algorithm", NEW."allowed_origins", NEW."authorization_grant_type", NEW."cimd_expires_at", NEW."client_id", NEW."client_type", NEW."created", NEW."daily_charge_limit_minor", NEW."daily_redemption_limit_minor", NEW."group_id", NEW."hash_client_secret", NEW."id", NEW."is_enabled", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."id", NEW."post_logout_redirect_uris", NEW."previous_until", NEW."reads_per_second", NEW."redirect_uris", NEW."registration_source", NEW."scopes", NEW."skip_authorization", NEW."user_id", NEW."writes_per_second"); RETURN NULL;',
                    hash="9d1230150521f506077d81a2a7042200d5c1fafa",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_760e4",
                    table="doors_client",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="client",
            trigger=pgtrigger.compiler.Trigger(
                name="removed_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doors_clientevent" ("algorithm", "allowed_origins", "authorization_grant_type", "cimd_expires_at", "client_id", "client_type", "created", "daily_charge_limit_minor", "daily_redemption_limit_minor", "group_id", "hash_client_secret", "id", "is_enabled", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "post_logout_redirect_uris", "previous_until", "reads_per_second", "redirect_uris", "registration_source", "scopes", "skip_authorization", "user_id", "writes_per_second") VALUES (OLD."algorithm", OLD."allowed_origins", OLD."authorization_grant_type", OLD."cimd_expires_at", OLD."client_id", OLD."client_type", OLD."created", OLD."daily_charge_limit_minor", OLD."daily_redemption_limit_minor", OLD."group_id", OLD."hash_client_secret", OLD."id", OLD."is_enabled", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."id", OLD."post_logout_redirect_uris", OLD."previous_until", OLD."reads_per_second", OLD."redirect_uris", OLD."registration_source", OLD."scopes", OLD."skip_authorization", OLD."user_id", OLD."writes_per_second"); RETURN NULL;',
                    hash="bd3b31b66555c6713eda18a95f3179c8e3df2bb0",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_9ae7b",
                    table="doors_client",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="client",
            trigger=pgtrigger.compiler.Trigger(
                name="client_secret_renewed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."client_secret" IS DISTINCT FROM (NEW."client_secret"))',
                    func='INSERT INTO "doors_clientevent" ("algorithm", "allowed_origins", "authorization_grant_type", "cimd_expires_at", "client_id", "client_type", "created", "daily_charge_limit_minor", "daily_redemption_limit_minor", "group_id", "hash_client_secret", "id", "is_enabled", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "post_logout_redirect_uris", "previous_until", "reads_per_second", "redirect_uris", "registration_source", "scopes", "skip_authorization", "user_id", "writes_per_second") VALUES (NEW."algorithm", NEW."allowed_origins", NEW."authorization_grant_type", NEW."cimd_expires_at", NEW."client_id", NEW."client_type", NEW."created", NEW."daily_charge_limit_minor", NEW."daily_redemption_limit_minor", NEW."group_id", NEW."hash_client_secret", NEW."id", NEW."is_enabled", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'client_secret renewed\', NEW."id", NEW."post_logout_redirect_uris", NEW."previous_until", NEW."reads_per_second", NEW."redirect_uris", NEW."registration_source", NEW."scopes", NEW."skip_authorization", NEW."user_id", NEW."writes_per_second"); RETURN NULL;',
                    hash="f1bfb39573646b534783c12eb36b2096145b020d",
                    operation="UPDATE",
                    pgid="pgtrigger_client_secret_renewed_d61ce",
                    table="doors_client",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="client",
            trigger=pgtrigger.compiler.Trigger(
                name="previous_secret_renewed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."previous_secret" IS DISTINCT FROM (NEW."previous_secret"))',
                    func='INSERT INTO "doors_clientevent" ("algorithm", "allowed_origins", "authorization_grant_type", "cimd_expires_at", "client_id", "client_type", "created", "daily_charge_limit_minor", "daily_redemption_limit_minor", "group_id", "hash_client_secret", "id", "is_enabled", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "post_logout_redirect_uris", "previous_until", "reads_per_second", "redirect_uris", "registration_source", "scopes", "skip_authorization", "user_id", "writes_per_second") VALUES (NEW."algorithm", NEW."allowed_origins", NEW."authorization_grant_type", NEW."cimd_expires_at", NEW."client_id", NEW."client_type", NEW."created", NEW."daily_charge_limit_minor", NEW."daily_redemption_limit_minor", NEW."group_id", NEW."hash_client_secret", NEW."id", NEW."is_enabled", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'previous_secret renewed\', NEW."id", NEW."post_logout_redirect_uris", NEW."previous_until", NEW."reads_per_second", NEW."redirect_uris", NEW."registration_source", NEW."scopes", NEW."skip_authorization", NEW."user_id", NEW."writes_per_second"); RETURN NULL;',
                    hash="12970515dc29ce8518022e395bcf0908d43db2c8",
                    operation="UPDATE",
                    pgid="pgtrigger_previous_secret_renewed_a3b11",
                    table="doors_client",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clientgroup",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doors_clientgroupevent" ("id", "kinds", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."id", NEW."kinds", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."id"); RETURN NULL;',
                    hash="0414d1d1ed78dcc9e17ca7e8281932248402779f",
                    operation="INSERT",
                    pgid="pgtrigger_added_insert_6e907",
                    table="doors_clientgroup",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clientgroup",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "doors_clientgroupevent" ("id", "kinds", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."id", NEW."kinds", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."id"); RETURN NULL;',
                    hash="b4e7f0bacec413f263db9eacb99a6be58a8b372d",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_f6741",
                    table="doors_clientgroup",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clientgroup",
            trigger=pgtrigger.compiler.Trigger(
                name="removed_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doors_clientgroupevent" ("id", "kinds", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."id", OLD."kinds", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."id"); RETURN NULL;',
                    hash="588afa0d86070dfd903899a4ca1ab3cd0475a19a",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_8bfb6",
                    table="doors_clientgroup",
                    when="AFTER",
                ),
            ),
        ),
    ]
