"""The moment of a subscriber's newest report."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_roles_of_personal_data"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscriber",
            name="reported_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
