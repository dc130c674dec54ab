"""Steps through the gate are told once and for all; excesses from before say what they are for."""

from django.db import migrations

TRIGGER = """
CREATE TRIGGER loyalty_gatechange_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON loyalty_gatechange
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""

EXCESSES = """
UPDATE loyalty_payout SET cause_type = 'month', cause_id = to_char(month, 'YYYY-MM'),
    reasons = '[{"code": "cap_benefits", "detail":
        "Charges of this month earned more than the caps of benefits leave room for."}]'
WHERE kind = 'cap_excess' AND cause_type = '';
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0006_the_gate")]

    operations = [
        migrations.RunSQL(
            TRIGGER, "DROP TRIGGER loyalty_gatechange_is_append_only ON loyalty_gatechange"
        ),
        migrations.RunSQL(EXCESSES, migrations.RunSQL.noop),
    ]
