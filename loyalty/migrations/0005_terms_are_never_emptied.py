"""Active terms don't go with the rest of their table: a truncation fires no trigger of a row."""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION loyalty_refuse_emptying_of_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of the terms are active and can''t be removed'
        USING ERRCODE = 'restrict_violation', HINT = 'Delete drafts one by one.';
END
$$;
CREATE TRIGGER loyalty_terms_are_never_emptied
BEFORE TRUNCATE ON loyalty_termsversion
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_emptying_of_terms();
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0004_what_the_admin_needs")]

    operations = [
        migrations.RunSQL(TRIGGER, "DROP FUNCTION loyalty_refuse_emptying_of_terms() CASCADE"),
    ]
