"""An index of the identifier alone was taken where the subscriber should have decided."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_places_of_identifiers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="identifieruse",
            name="identifier",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="accounts.identifier",
            ),
        ),
    ]
