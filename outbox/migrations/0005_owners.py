"""Whose they are: the client's that made them, or the program's if a person or a command did."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

_OWN = "UPDATE outbox_endpoint SET owner = created_by WHERE created_by LIKE 'client:%'"


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0004_the_trail_of_webhooks"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="endpoint",
            name="added_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="endpoint",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="endpoint",
            name="removed_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="endpoint",
            name="secret_renewed",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="endpoint",
            name="previous_secret_renewed",
        ),
        migrations.AddField(
            model_name="endpoint",
            name="owner",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        migrations.AddField(
            model_name="endpointevent",
            name="owner",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="endpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "outbox_endpointevent" ("created_at", "created_by", "description", "disabled_at", "disabled_by", "disabled_reason", "id", "names", "owner", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "status", "url", "webhook_id") VALUES (NEW."created_at", NEW."created_by", NEW."description", NEW."disabled_at", NEW."disabled_by", NEW."disabled_reason", NEW."id", NEW."names", NEW."owner", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."id", NEW."previous_until", NEW."status", NEW."url", NEW."webhook_id"); RETURN NULL;',
                    hash="4432b1c5c0b3790fb1a9e9d5aba6a8ce9bac0c40",
                    operation="INSERT",
                    pgid="pgtrigger_added_insert_4ef98",
                    table="outbox_endpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="endpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by" IS DISTINCT FROM (NEW."created_by") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."disabled_at" IS DISTINCT FROM (NEW."disabled_at") OR OLD."disabled_by" IS DISTINCT FROM (NEW."disabled_by") OR OLD."disabled_reason" IS DISTINCT FROM (NEW."disabled_reason") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."names" IS DISTINCT FROM (NEW."names") OR OLD."owner" IS DISTINCT FROM (NEW."owner") OR OLD."previous_until" IS DISTINCT FROM (NEW."previous_until") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."webhook_id" IS DISTINCT FROM (NEW."webhook_id"))',
                    func='INSERT INTO "outbox_endpointevent" ("created_at", "created_by", "description", "disabled_at", "disabled_by", "disabled_reason", "id", "names", "owner", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "status", "url", "webhook_id") VALUES (NEW."created_at", NEW."created_by", NEW."description", NEW."disabled_at", NEW."disabled_by", NEW."disabled_reason", NEW."id", NEW."names", NEW."owner", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."id", NEW."previous_until", NEW."status", NEW."url", NEW."webhook_id"); RETURN NULL;',
                    hash="163b21a54de6882b3d8aedcb53fec185e967abdc",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_9dbc8",
                    table="outbox_endpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="endpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="removed_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "outbox_endpointevent" ("created_at", "created_by", "description", "disabled_at", "disabled_by", "disabled_reason", "id", "names", "owner", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "status", "url", "webhook_id") VALUES (OLD."created_at", OLD."created_by", OLD."description", OLD."disabled_at", OLD."disabled_by", OLD."disabled_reason", OLD."id", OLD."names", OLD."owner", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."id", OLD."previous_until", OLD."status", OLD."url", OLD."webhook_id"); RETURN NULL;',
                    hash="2a96288005b3e32fe4ddd750573d551f8e2ccce4",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_3831a",
                    table="outbox_endpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="endpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="secret_renewed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."secret" IS DISTINCT FROM (NEW."secret"))',
                    func='INSERT INTO "outbox_endpointevent" ("created_at", "created_by", "description", "disabled_at", "disabled_by", "disabled_reason", "id", "names", "owner", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "status", "url", "webhook_id") VALUES (NEW."created_at", NEW."created_by", NEW."description", NEW."disabled_at", NEW."disabled_by", NEW."disabled_reason", NEW."id", NEW."names", NEW."owner", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'secret renewed\', NEW."id", NEW."previous_until", NEW."status", NEW."url", NEW."webhook_id"); RETURN NULL;',
                    hash="bd60ff2e336c3163e9a372a7da40024a810b24de",
                    operation="UPDATE",
                    pgid="pgtrigger_secret_renewed_19ac6",
                    table="outbox_endpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="endpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="previous_secret_renewed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."previous_secret" IS DISTINCT FROM (NEW."previous_secret"))',
                    func='INSERT INTO "outbox_endpointevent" ("created_at", "created_by", "description", "disabled_at", "disabled_by", "disabled_reason", "id", "names", "owner", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "status", "url", "webhook_id") VALUES (NEW."created_at", NEW."created_by", NEW."description", NEW."disabled_at", NEW."disabled_by", NEW."disabled_reason", NEW."id", NEW."names", NEW."owner", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'previous_secret renewed\', NEW."id", NEW."previous_until", NEW."status", NEW."url", NEW."webhook_id"); RETURN NULL;',
                    hash="a123a6972be6094a8922eaed94dd1824242f2143",
                    operation="UPDATE",
                    pgid="pgtrigger_previous_secret_renewed_629b7",
                    table="outbox_endpoint",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(_OWN, migrations.RunSQL.noop),
    ]
