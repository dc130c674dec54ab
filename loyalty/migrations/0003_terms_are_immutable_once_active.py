"""An active version never changes, and the first one is active from the beginning."""

from datetime import UTC, datetime

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from loyalty.policy.terms import Terms

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

TRIGGER = """
CREATE FUNCTION loyalty_refuse_change_of_active_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of the terms is active and can''t change', OLD.number
        USING ERRCODE = 'restrict_violation', HINT = 'Draft a new version.';
END
$$;
CREATE TRIGGER loyalty_active_terms_are_immutable
BEFORE UPDATE OR DELETE ON loyalty_termsversion
FOR EACH ROW WHEN (OLD.status = 'active')
EXECUTE FUNCTION loyalty_refuse_change_of_active_terms();
"""


def activate_first_version(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("loyalty", "TermsVersion").objects.create(
        number=1,
        status="active",
        content=Terms().content(),
        note="The program's brief.",
        effective_from=BEGINNING,
        proposed_at=BEGINNING,
        proposed_by="system",
        activated_at=BEGINNING,
        activated_by="system",
    )


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0002_books_are_append_only")]

    operations = [
        migrations.RunPython(activate_first_version, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGER, "DROP FUNCTION loyalty_refuse_change_of_active_terms() CASCADE"),
    ]
