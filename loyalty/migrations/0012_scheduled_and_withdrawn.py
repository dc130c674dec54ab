"""Terms that are withdrawn before they begin; nothing else of active ones changes."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

WITHDRAWABLE = """
CREATE OR REPLACE FUNCTION loyalty_refuse_change_of_active_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    withdrawal CONSTANT text[] := '{status,withdrawn_at,withdrawn_by,withdrawn_reason}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'active' THEN
        IF NEW.status = 'withdrawn' AND NEW.withdrawn_at < OLD.effective_from
            AND to_jsonb(NEW) - withdrawal = to_jsonb(OLD) - withdrawal
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'version % of the terms is % and can''t change', OLD.number, OLD.status
        USING ERRCODE = 'restrict_violation', HINT = 'Draft a new version.';
END
$$;
CREATE TRIGGER loyalty_active_terms_are_immutable
BEFORE UPDATE OR DELETE ON loyalty_termsversion
FOR EACH ROW WHEN (OLD.status IN ('active', 'withdrawn'))
EXECUTE FUNCTION loyalty_refuse_change_of_active_terms();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0011_the_trail_of_changes"),
    ]

    operations = [
        # It asks for the status, which gets longer; it stands again when this is committed.
        migrations.RunSQL(
            "DROP TRIGGER loyalty_active_terms_are_immutable ON loyalty_termsversion",
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="termsversion",
            name="added_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="termsversion",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="termsversion",
            name="removed_delete",
        ),
        migrations.RemoveConstraint(
            model_name="termsversion",
            name="terms_status_is_a_known_one",
        ),
        migrations.RemoveConstraint(
            model_name="termsversion",
            name="terms_are_activated_by_somebody",
        ),
        migrations.RemoveConstraint(
            model_name="termsversion",
            name="terms_are_activated_by_a_second_person",
        ),
        migrations.AddField(
            model_name="termsversion",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="termsversion",
            name="withdrawn_by",
            field=models.CharField(blank=True, max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="termsversion",
            name="withdrawn_reason",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="termsversionevent",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="termsversionevent",
            name="withdrawn_by",
            field=models.CharField(blank=True, max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="termsversionevent",
            name="withdrawn_reason",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AlterField(
            model_name="termsversion",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("active", "active"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="termsversionevent",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("active", "active"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=9,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="termsversion",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "loyalty_termsversionevent" ("activated_at", "activated_by", "content", "effective_from", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."activated_at", NEW."activated_by", NEW."content", NEW."effective_from", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="6a3d716e42c689941124271b7f0f595e2c4e3764",
                    operation="INSERT",
                    pgid="pgtrigger_added_insert_8001f",
                    table="loyalty_termsversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="termsversion",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "loyalty_termsversionevent" ("activated_at", "activated_by", "content", "effective_from", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."activated_at", NEW."activated_by", NEW."content", NEW."effective_from", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="e2ef0eeefcf0b51baed00161aaea288474599a35",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_d284e",
                    table="loyalty_termsversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="termsversion",
            trigger=pgtrigger.compiler.Trigger(
                name="removed_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "loyalty_termsversionevent" ("activated_at", "activated_by", "content", "effective_from", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (OLD."activated_at", OLD."activated_by", OLD."content", OLD."effective_from", OLD."note", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."number", OLD."proposed_at", OLD."proposed_by", OLD."status", OLD."withdrawn_at", OLD."withdrawn_by", OLD."withdrawn_reason"); RETURN NULL;',
                    hash="4b0267a300a3d68657c98d988e630d1a3dce8768",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_f2a89",
                    table="loyalty_termsversion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("draft", "proposed", "active", "withdrawn"))),
                name="terms_status_is_a_known_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("active", "withdrawn")), _negated=True),
                    models.Q(
                        ("activated_at__isnull", False),
                        ("activated_by__isnull", False),
                        ("effective_from__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="terms_are_activated_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("active", "withdrawn")), _negated=True),
                    models.Q(("activated_by", models.F("proposed_by")), _negated=True),
                    models.Q(("activated_by", "system"), ("number", 1)),
                    _connector="OR",
                ),
                name="terms_are_activated_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status", "withdrawn"),
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_at__lt", models.F("effective_from")),
                        ("withdrawn_by__isnull", False),
                    ),
                    models.Q(
                        models.Q(("status", "withdrawn"), _negated=True),
                        ("withdrawn_at__isnull", True),
                        ("withdrawn_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="terms_are_withdrawn_before_they_begin",
            ),
        ),
        migrations.RunSQL(WITHDRAWABLE, migrations.RunSQL.noop),
    ]
