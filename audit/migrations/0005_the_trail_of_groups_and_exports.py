"""The trails of groups of clients and of exports are only added to."""

from django.db import migrations

_TABLES = ("doors_clientgroupevent", "doors_export")
_TRIGGER = """
CREATE TRIGGER {table}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_the_trail_of_meaningless_identifiers"),
        ("doors", "0008_clients_that_shared_redemptions"),
    ]

    operations = [
        migrations.RunSQL(
            _TRIGGER.format(table=table), f"DROP TRIGGER {table}_is_append_only ON {table}"
        )
        for table in _TABLES
    ]
