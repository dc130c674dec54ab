"""Who has drafted and changed terms; what is proposed says what it said then."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Whoever the trail names beside a draft's changes has drafted it.
AUTHORS = """
    UPDATE loyalty_termsversion v SET authors = ARRAY(
        SELECT DISTINCT e.pgh_context ->> 'by' FROM loyalty_termsversionevent e
        WHERE e.number = v.number AND e.status = 'draft'
            AND coalesce(e.pgh_context ->> 'by', '') <> ''
        ORDER BY 1
    )
    WHERE v.status IN ('draft', 'proposed')
"""

# A change takes the proposal back: nothing else changes what was proposed.
FIXED = """
CREATE FUNCTION loyalty_refuse_change_of_proposed_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of the terms is proposed and can''t change', OLD.number
        USING ERRCODE = 'restrict_violation', HINT = 'Send it back first.';
END
$$;
CREATE TRIGGER loyalty_proposed_terms_are_fixed
BEFORE UPDATE ON loyalty_termsversion
FOR EACH ROW WHEN (
    OLD.status = 'proposed' AND (
        NEW.content IS DISTINCT FROM OLD.content OR NEW.note IS DISTINCT FROM OLD.note
        OR NEW.authors IS DISTINCT FROM OLD.authors OR NEW.number IS DISTINCT FROM OLD.number
    )
)
EXECUTE FUNCTION loyalty_refuse_change_of_proposed_terms();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0018_redemptions_by_owner"),
    ]

    operations = [
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
        migrations.AddField(
            model_name="termsversion",
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
            model_name="termsversionevent",
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
            model_name="termsversion",
            trigger=pgtrigger.compiler.Trigger(
                name="added_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "loyalty_termsversionevent" ("activated_at", "activated_by", "authors", "content", "effective_from", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."activated_at", NEW."activated_by", NEW."authors", NEW."content", NEW."effective_from", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'added\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="00b16eb4b5b3d9bc64e6130fe0bd94b725432e89",
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
                    func='INSERT INTO "loyalty_termsversionevent" ("activated_at", "activated_by", "authors", "content", "effective_from", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (NEW."activated_at", NEW."activated_by", NEW."authors", NEW."content", NEW."effective_from", NEW."note", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'changed\', NEW."number", NEW."proposed_at", NEW."proposed_by", NEW."status", NEW."withdrawn_at", NEW."withdrawn_by", NEW."withdrawn_reason"); RETURN NULL;',
                    hash="ad58994a712b179cc4a4dd77ddbc52148ce0cfc6",
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
                    func='INSERT INTO "loyalty_termsversionevent" ("activated_at", "activated_by", "authors", "content", "effective_from", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by", "status", "withdrawn_at", "withdrawn_by", "withdrawn_reason") VALUES (OLD."activated_at", OLD."activated_by", OLD."authors", OLD."content", OLD."effective_from", OLD."note", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'removed\', OLD."number", OLD."proposed_at", OLD."proposed_by", OLD."status", OLD."withdrawn_at", OLD."withdrawn_by", OLD."withdrawn_reason"); RETURN NULL;',
                    hash="264bf320092c3de915b9e0eea7af381fd68ae16a",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_f2a89",
                    table="loyalty_termsversion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(AUTHORS, migrations.RunSQL.noop),
        migrations.RunSQL(FIXED, "DROP FUNCTION loyalty_refuse_change_of_proposed_terms() CASCADE"),
        migrations.AddConstraint(
            model_name="termsversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("active", "withdrawn")), _negated=True),
                    models.Q(
                        (
                            "authors__contains",
                            models.Func(
                                models.F("activated_by"),
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
                name="terms_are_activated_by_none_of_their_authors",
            ),
        ),
    ]
