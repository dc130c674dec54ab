"""The vault, the keys of subscribers, who looked into it, and who was erased."""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
CREATE FUNCTION accounts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER accounts_personalaccess_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_personalaccess
FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
CREATE TRIGGER accounts_erasure_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_erasure
FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_what_screening_needs"),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonalData",
            fields=[
                (
                    "subscriber",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="personal_data",
                        serialize=False,
                        to="accounts.subscriber",
                    ),
                ),
                ("key_id", models.SmallIntegerField()),
                ("nonce", models.BinaryField(max_length=12)),
                ("ciphertext", models.BinaryField()),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.AlterModelOptions(
            name="subscriber",
            options={
                "permissions": [
                    ("unmask_subscriber", "Can see a subscriber's identifiers unmasked"),
                    ("read_personal", "Can see names and contacts of subscribers"),
                    ("export_subscriber", "Can export all that is held about a subscriber"),
                    ("erase_subscriber", "Can erase subscribers"),
                ]
            },
        ),
        migrations.CreateModel(
            name="SubscriberKey",
            fields=[
                (
                    "subscriber",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="vault_key",
                        serialize=False,
                        to="accounts.subscriber",
                    ),
                ),
                ("key_id", models.SmallIntegerField()),
                ("wrapped", models.BinaryField(max_length=60)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["key_id", "subscriber"], name="subscriber_key_by_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("id_digest", models.BinaryField(max_length=32)),
                ("basis", models.CharField(max_length=500)),
                ("forced_because", models.CharField(blank=True, max_length=500)),
                ("deleted", models.JSONField()),
                ("kept", models.JSONField()),
                ("content_digest", models.BinaryField(max_length=32)),
                ("books", models.JSONField()),
                ("erased_at", models.DateTimeField()),
                ("erased_by", models.CharField(max_length=150)),
                (
                    "subscriber",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="erasure",
                        to="accounts.subscriber",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("id_digest",), name="erasure_is_kept_once_per_id"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis", ""), _negated=True), name="erasure_has_a_basis"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonalAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.JSONField()),
                ("reason", models.CharField(max_length=500)),
                ("seen_at", models.DateTimeField()),
                ("seen_by", models.CharField(max_length=150)),
                (
                    "subscriber",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="personal_accesses",
                        to="accounts.subscriber",
                    ),
                ),
            ],
            options={
                "verbose_name": "look at personal data",
                "verbose_name_plural": "looks at personal data",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="personal_access_has_a_reason",
                    )
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, "DROP FUNCTION accounts_refuse_change() CASCADE"),
    ]
