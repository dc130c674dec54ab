"""E-mail addresses lead to mailboxes, which are identifiers of a kind of their own."""

import django.contrib.postgres.operations
import django.db.models.deletion
from django.db import migrations, models

KINDS = ("passport", "card", "phone", "device", "ip", "email", "address", "mailbox")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_reports_have_a_moment")]

    operations = [
        migrations.RemoveConstraint(model_name="identifier", name="identifier_kind_is_a_known_one"),
        migrations.AlterField(
            model_name="identifier",
            name="kind",
            field=models.CharField(choices=[(kind, kind) for kind in KINDS], max_length=8),
        ),
        migrations.AddField(
            model_name="identifier",
            name="mailbox",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="addresses",
                to="accounts.identifier",
            ),
        ),
        # The table is read while the next migration proves them for the rows that are there.
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="identifier",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=KINDS), name="identifier_kind_is_a_known_one"
            ),
        ),
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="identifier",
            constraint=models.CheckConstraint(
                condition=models.Q(mailbox__isnull=True) | models.Q(kind="email"),
                name="identifier_with_a_mailbox_is_an_email",
            ),
        ),
    ]
