"""Assessments and steps are kept for ever; an approved rule set never changes, and one is live."""

from datetime import UTC, datetime

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from fraud.policy.rulesets import RuleSet

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

APPEND_ONLY = ("fraud_assessment", "fraud_caseevent")

TRIGGER = """
CREATE TRIGGER {table}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""

IMMUTABLE = """
CREATE FUNCTION fraud_refuse_change_of_approved_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rule set % is approved and can''t change', OLD.number
        USING ERRCODE = 'restrict_violation', HINT = 'Draft a new one.';
END
$$;
CREATE TRIGGER fraud_approved_rules_are_immutable
BEFORE UPDATE OR DELETE ON fraud_rulesetversion
FOR EACH ROW WHEN (OLD.status = 'approved')
EXECUTE FUNCTION fraud_refuse_change_of_approved_rules();
CREATE TRIGGER fraud_rules_are_never_emptied
BEFORE TRUNCATE ON fraud_rulesetversion
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""


def approve_first_rule_set(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("fraud", "RuleSetVersion").objects.create(
        number=1,
        status="approved",
        content=RuleSet().content(),
        note="Weights set by hand.",
        proposed_at=BEGINNING,
        proposed_by="system",
        approved_at=BEGINNING,
        approved_by="system",
    )


class Migration(migrations.Migration):
    dependencies = [("fraud", "0001_initial"), ("loyalty", "0007_steps_are_append_only")]

    operations = [
        migrations.RunPython(approve_first_rule_set, migrations.RunPython.noop),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER {table}_is_append_only ON {table}"
            )
            for table in APPEND_ONLY
        ),
        migrations.RunSQL(
            IMMUTABLE, "DROP FUNCTION fraud_refuse_change_of_approved_rules() CASCADE"
        ),
    ]
