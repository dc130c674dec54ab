"""Rows of the books are added and never changed; rows that change often stay in their pages."""

from django.db import migrations

APPEND_ONLY = (
    "loyalty_entry",
    "loyalty_lotdraw",
    "loyalty_tierchange",
    "loyalty_monthclosing",
)

FUNCTION = """
CREATE FUNCTION loyalty_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Correct it with a new row.';
END
$$;
"""

# One statement-level trigger costs an insert nothing.
TRIGGER = """
CREATE TRIGGER {table}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""

# Balances, month totals and what remains of a lot change in place: room in their pages makes
# such an update touch no index.
ROOM = """
ALTER TABLE loyalty_wallet SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE loyalty_subscribermonth SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION loyalty_refuse_change() CASCADE"),
        *(
            migrations.RunSQL(TRIGGER.format(table=table), migrations.RunSQL.noop)
            for table in APPEND_ONLY
        ),
        migrations.RunSQL(ROOM, migrations.RunSQL.noop),
    ]
