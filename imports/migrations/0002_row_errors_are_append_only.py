"""What was told of a row is never changed."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION imports_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER imports_rowerror_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON imports_rowerror
FOR EACH STATEMENT EXECUTE FUNCTION imports_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION imports_refuse_change() CASCADE"),
    ]
