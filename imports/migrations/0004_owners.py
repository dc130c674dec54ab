"""Whose they are: the client's that made them, or the program's if a person or a command did."""

from django.db import migrations, models

_OWN = "UPDATE imports_import SET owner = created_by WHERE created_by LIKE 'client:%'"


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0003_stale_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="owner",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        migrations.RunSQL(_OWN, migrations.RunSQL.noop),
    ]
