"""The index of redemptions by owner, while everybody writes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("loyalty", "0017_owners")]

    operations = [
        AddIndexConcurrently(
            model_name="redemption",
            index=models.Index(fields=["owner", "id"], name="redemption_by_owner"),
        ),
    ]
