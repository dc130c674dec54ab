"""What has moved into the vault is nowhere else."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_birth_dates_move_into_the_vault")]

    operations = [migrations.RemoveField(model_name="subscriber", name="birth_date")]
