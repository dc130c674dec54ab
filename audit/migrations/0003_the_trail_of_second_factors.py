"""The trail of second factors begins with those there are, and is only added to."""

from django.db import migrations

TABLE = "doors_secondfactorevent"
TRIGGER = f"""
CREATE TRIGGER {TABLE}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""
COLUMNS = "id, user_id, name, confirmed, created_at, step, t0, digits, tolerance"
FOUND = f"""
INSERT INTO {TABLE} ({COLUMNS}, pgh_label, pgh_created_at, pgh_obj_id)
SELECT {COLUMNS}, 'found', clock_timestamp(), id FROM otp_totp_totpdevice
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_the_trail_of_webhooks"),
        ("doors", "0006_the_trail_of_second_factors"),
    ]

    operations = [
        migrations.RunSQL(FOUND, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGER, f"DROP TRIGGER {TABLE}_is_append_only ON {TABLE}"),
    ]
