"""The index of mailboxes, and the proof of their constraints, while everybody writes."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0010_mailboxes")]

    operations = [
        ValidateConstraint("identifier", "identifier_kind_is_a_known_one"),
        ValidateConstraint("identifier", "identifier_with_a_mailbox_is_an_email"),
        AddIndexConcurrently(
            model_name="identifier",
            index=models.Index(
                fields=["mailbox"],
                condition=models.Q(mailbox__isnull=False),
                name="identifier_by_mailbox",
            ),
        ),
    ]
