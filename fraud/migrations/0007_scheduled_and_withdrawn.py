"""Rule sets that start later, and that are withdrawn before they do; nothing else changes."""

import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

WITHDRAWABLE = """
CREATE OR REPLACE FUNCTION fraud_refuse_change_of_approved_rules() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    withdrawal CONSTANT text[] := '{status,withdrawn_at,withdrawn_by,withdrawn_reason}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'approved' THEN
        IF NEW.status = 'withdrawn' AND NEW.withdrawn_at < OLD.starts_at
            AND to_jsonb(NEW) - withdrawal = to_jsonb(OLD) - withdrawal
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rule set % is % and can''t change', OLD.number, OLD.status
        USING ERRCODE = 'restrict_violation', HINT = 'Draft a new one.';
END
$$;
CREATE TRIGGER fraud_approved_rules_are_immutable
BEFORE UPDATE OR DELETE ON fraud_rulesetversion
FOR EACH ROW WHEN (OLD.status IN ('approved', 'withdrawn'))
EXECUTE FUNCTION fraud_refuse_change_of_approved_rules();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0006_the_trail_of_changes"),
    ]

    operations = [
        # It asks for the status, which gets longer; it stands again when this is committed.
        migrations.RunSQL(
            "DROP TRIGGER fraud_approved_rules_are_immutable ON fraud_rulesetversion",
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="rulesetversion",
            name="added_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="rulesetversion",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="rulesetversion",
            name="removed_delete",
        ),
        migrations.RemoveConstraint(
            model_name="rulesetversion",
            name="rule_set_status_is_a_known_one",
        ),
        migrations.RemoveConstraint(
            model_name="rulesetversion",
            name="rule_set_is_approved_by_somebody",
        ),
        migrations.RemoveConstraint(
            model_name="rulesetversion",
            name="rule_set_is_approved_by_a_second_person",
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="withdrawn_by",
            field=models.CharField(blank=True, max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="withdrawn_reason",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="rulesetversionevent",
            name="starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rulesetversionevent",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rulesetversionevent",
            name="withdrawn_by",
            field=models.CharField(blank=True, max_length=150, null=True),
        ),
        migrations.AddField(
            model_name="rulesetversionevent",
            name="withdrawn_reason",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("approved", "approved"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="rulesetversionevent",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("approved", "approved"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=9,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetversion",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "fraud_rulesetversionevent" ("approved_at", "approved_by", "content", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "shadow_since_at", "shadow_since_by", "starts_at", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."approved_at", NEW."approved_by", NEW."content", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."shadow_since_at", NEW."shadow_since_by", NEW."starts_at", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="c966cb4c58ede76926bde9bcb36d7ad2dde46bf6",
                    operation="INSERT",
                    pgid="pgtrigger_added_insert_2b61d",
                    table="fraud_rulesetversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetversion",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "fraud_rulesetversionevent" ("approved_at", "approved_by", "content", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "shadow_since_at", "shadow_since_by", "starts_at", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."approved_at", NEW."approved_by", NEW."content", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."shadow_since_at", NEW."shadow_since_by", NEW."starts_at", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="b338439e4426ec1a4397b9a4499a34e79a64026a",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_eadbb",
                    table="fraud_rulesetversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetversion",
            trigger=pgtrigger.compiler.Trigger(
                name="removed_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "fraud_rulesetversionevent" ("approved_at", "approved_by", "content", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "shadow_since_at", "shadow_since_by", "starts_at", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (OLD."approved_at", OLD."approved_by", OLD."content", OLD."note", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."number", OLD."proposed_at", OLD."proposed_by", OLD."shadow_since_at", OLD."shadow_since_by", OLD."starts_at", OLD."status", OLD."withdrawn_at", OLD."withdrawn_by", OLD."withdrawn_reason"); RETURN NULL;',
                    hash="e6e7a350cee28ddc664ad8421103602ee90a2873",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_6268e",
                    table="fraud_rulesetversion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("draft", "proposed", "approved", "withdrawn"))),
                name="rule_set_status_is_a_known_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("approved", "withdrawn")), _negated=True),
                    models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                    _connector="OR",
                ),
                name="rule_set_is_approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("approved", "withdrawn")), _negated=True),
                    models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    models.Q(("approved_by", "system"), ("number", 1)),
                    _connector="OR",
                ),
                name="rule_set_is_approved_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.UniqueConstraint(
                django.db.models.functions.comparison.Coalesce("starts_at", "approved_at"),
                condition=models.Q(("status", "approved")),
                name="rule_sets_start_at_different_moments",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("starts_at__isnull", False),
                        ("status", "withdrawn"),
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_at__lt", models.F("starts_at")),
                        ("withdrawn_by__isnull", False),
                    ),
                    models.Q(
                        models.Q(("status", "withdrawn"), _negated=True),
                        ("withdrawn_at__isnull", True),
                        ("withdrawn_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="rule_set_is_withdrawn_before_it_starts",
            ),
        ),
        migrations.RunSQL(WITHDRAWABLE, migrations.RunSQL.noop),
    ]
