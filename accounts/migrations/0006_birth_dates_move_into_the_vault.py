"""Birth dates move into the vault: each is sealed under a key of its subscriber's own."""

from datetime import UTC, date, datetime
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from accounts.policy.vault import (
    BIRTH_DATE,
    Sealed,
    VaultKeys,
    WrappedKey,
    new_data_key,
    seal,
    unseal,
)
from kernel.batches import pages_of

ROWS_PER_PAGE = 2000


def move_in(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    keys = VaultKeys(settings.VAULT_KEYS, settings.VAULT_KEY_ID)
    now = datetime.now(UTC)
    names = ("Subscriber", "SubscriberKey", "PersonalData")
    subscriber, subscriber_key, personal_data = (apps.get_model("accounts", n) for n in names)
    known = subscriber.objects.filter(birth_date__isnull=False).order_by("pk")
    born = known.values_list("pk", "birth_date").iterator(chunk_size=ROWS_PER_PAGE)
    for page in pages_of(born, ROWS_PER_PAGE):
        wrapped, rows = [], []
        for key, born_on in page:
            data_key = new_data_key()
            under = keys.wrap(data_key, key)
            personal = {BIRTH_DATE: born_on.isoformat()}
            box = seal(personal, data_key=data_key, subscriber_id=key)
            wrapped.append(
                subscriber_key(
                    subscriber_id=key, key_id=under.key_id, wrapped=under.wrapped, created_at=now
                )
            )
            rows.append(
                personal_data(
                    subscriber_id=key,
                    key_id=under.key_id,
                    nonce=box.nonce,
                    ciphertext=box.ciphertext,
                    updated_at=now,
                )
            )
        subscriber_key.objects.bulk_create(wrapped)
        personal_data.objects.bulk_create(rows)


def move_out(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    keys = VaultKeys(settings.VAULT_KEYS, settings.VAULT_KEY_ID)
    subscriber: Any = apps.get_model("accounts", "Subscriber")
    kept = apps.get_model("accounts", "PersonalData").objects.select_related(
        "subscriber__vault_key"
    )
    for row in kept.iterator(chunk_size=ROWS_PER_PAGE):
        under = row.subscriber.vault_key
        data_key = keys.unwrap(WrappedKey(under.key_id, bytes(under.wrapped)), row.pk)
        box = Sealed(bytes(row.nonce), bytes(row.ciphertext))
        personal = unseal(box, data_key=data_key, subscriber_id=row.pk)
        if BIRTH_DATE in personal:
            born_on = date.fromisoformat(personal[BIRTH_DATE])
            subscriber.objects.filter(pk=row.pk).update(birth_date=born_on)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_the_vault")]

    operations = [migrations.RunPython(move_in, move_out)]
