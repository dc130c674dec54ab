"""The trail of meaningless identifiers is only added to."""

from django.db import migrations

TABLE = "fraud_meaninglessidentifierevent"
TRIGGER = f"""
CREATE TRIGGER {TABLE}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_the_trail_of_second_factors"),
        ("fraud", "0008_crowds_and_meaningless_values"),
    ]

    operations = [
        migrations.RunSQL(TRIGGER, f"DROP TRIGGER {TABLE}_is_append_only ON {TABLE}"),
    ]
