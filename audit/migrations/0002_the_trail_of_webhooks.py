"""The trail of webhooks, too, is only added to."""

from django.db import migrations

TABLE = "outbox_endpointevent"
TRIGGER = f"""
CREATE TRIGGER {TABLE}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("outbox", "0004_the_trail_of_webhooks"),
    ]

    operations = [
        migrations.RunSQL(TRIGGER, f"DROP TRIGGER {TABLE}_is_append_only ON {TABLE}"),
    ]
