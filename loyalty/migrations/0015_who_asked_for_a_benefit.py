"""Who asked for a benefit stays known, whatever was proposed about it since."""

from django.db import migrations, models

# The first step of what a person asks for; before steps were kept, the maker alone told it.
_ASKED = """
    UPDATE loyalty_payout p SET requested_by = coalesce(
        (SELECT c.changed_by FROM loyalty_gatechange c
         WHERE c.subject_type = 'payout' AND c.subject_id = p.id::text AND c.step = 'request'
         ORDER BY c.id LIMIT 1),
        p.maker
    )
    WHERE p.kind = 'goodwill' AND p.cause_type = 'person' AND p.requested_by IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0014_reversed_refunds_hold")]

    operations = [
        migrations.AddField(
            model_name="payout",
            name="requested_by",
            field=models.CharField(max_length=150, null=True),
        ),
        migrations.RunSQL(_ASKED, migrations.RunSQL.noop),
    ]
