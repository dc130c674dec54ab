"""Who has drafted and changed rule sets; what is proposed says what it said then."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Whoever the trail names beside a draft's changes has drafted it.
AUTHORS = """
    UPDATE fraud_rulesetversion v SET authors = ARRAY(
        SELECT DISTINCT e.pgh_context ->> 'by' FROM fraud_rulesetversionevent e
        WHERE e.number = v.number AND e.status = 'draft'
            AND coalesce(e.pgh_context ->> 'by', '') <> ''
        ORDER BY 1
    )
    WHERE v.status IN ('draft', 'proposed')
"""

# A change takes the proposal back: nothing else changes what was proposed.
FIXED = """
CREATE FUNCTION fraud_refuse_change_of_proposed_rules() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rule set % is proposed and can''t change', OLD.number
        USING ERRCODE = 'restrict_violation', HINT = 'Send it back first.';
END
$$;
CREATE TRIGGER fraud_proposed_rules_are_fixed
BEFORE UPDATE ON fraud_rulesetversion
FOR EACH ROW WHEN (
    OLD.status = 'proposed' AND (
        NEW.content IS DISTINCT FROM OLD.content OR NEW.note IS DISTINCT FROM OLD.note
        OR NEW.authors IS DISTINCT FROM OLD.authors OR NEW.number IS DISTINCT FROM OLD.number
    )
)
EXECUTE FUNCTION fraud_refuse_change_of_proposed_rules();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0010_the_order_of_cases"),
    ]

    operations = [
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
        migrations.AddField(
            model_name="rulesetversion",
            name="authors",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=150),
                blank=True,
                db_default=models.Value(
                    [],
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(), size=None
                    ),
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="rulesetversionevent",
            name="authors",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=150),
                blank=True,
                db_default=models.Value(
                    [],
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(), size=None
                    ),
                ),
                default=list,
                size=None,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetversion",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "fraud_rulesetversionevent" ("approved_at", "approved_by", "authors", "content", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "shadow_since_at", "shadow_since_by", "starts_at", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."approved_at", NEW."approved_by", NEW."authors", NEW."content", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."shadow_since_at", NEW."shadow_since_by", NEW."starts_at", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="94b4e1380527cd105e6147d9fd8ec14e95be7bc4",
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
                    func='INSERT INTO "fraud_rulesetversionevent" ("approved_at", "approved_by", "authors", "content", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "shadow_since_at", "shadow_since_by", "starts_at", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."approved_at", NEW."approved_by", NEW."authors", NEW."content", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."shadow_since_at", NEW."shadow_since_by", NEW."starts_at", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="d7b3808a20b48e742ff7825fb8570e4abef39024",
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
                    func='INSERT INTO "fraud_rulesetversionevent" ("approved_at", "approved_by", "authors", "content", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "shadow_since_at", "shadow_since_by", "starts_at", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (OLD."approved_at", OLD."approved_by", OLD."authors", OLD."content", OLD."note", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."number", OLD."proposed_at", OLD."proposed_by", OLD."shadow_since_at", OLD."shadow_since_by", OLD."starts_at", OLD."status", OLD."withdrawn_at", OLD."withdrawn_by", OLD."withdrawn_reason"); RETURN NULL;',
                    hash="b5322ceb28fdac365a69e8faa33b61f14bb2e632",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_6268e",
                    table="fraud_rulesetversion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(AUTHORS, migrations.RunSQL.noop),
        migrations.RunSQL(FIXED, "DROP FUNCTION fraud_refuse_change_of_proposed_rules() CASCADE"),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("approved", "withdrawn")), _negated=True),
                    models.Q(
                        (
                            "authors__contains",
                            models.Func(
                                models.F("approved_by"),
                                output_field=django.contrib.postgres.fields.ArrayField(
                                    base_field=models.CharField(max_length=150), size=None
                                ),
                                template="ARRAY[%(expressions)s]",
                            ),
                        ),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="rule_set_is_approved_by_none_of_its_authors",
            ),
        ),
    ]
