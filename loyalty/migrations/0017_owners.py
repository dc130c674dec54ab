"""Whose redemptions are.

Nobody knows by whom those were made that are there: every client that could goes on seeing them.
The default of the column says so, which no row has to be written for.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0016_inherited_points")]

    operations = [
        migrations.AddField(
            model_name="redemption",
            name="owner",
            field=models.CharField(blank=True, db_default="*", default="", max_length=150),
        ),
    ]
