"""The vault, read: only the verbs of accounts open it, and they remember who asked."""

from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from accounts.policy.vault import Sealed, VaultKeys, WrappedKey, unseal
from kernel.arrays import literal

_ROWS = """
    SELECT k.subscriber_id, k.key_id, k.wrapped, d.nonce, d.ciphertext
    FROM accounts_subscriberkey k
    JOIN accounts_personaldata d ON d.subscriber_id = k.subscriber_id
    WHERE k.subscriber_id = ANY(%s::bigint[])
"""

# Both rows: a rotation that is waited for changes the key and the box, and neither opens with the
# other's former self.
_LOCKED_ROWS = _ROWS + "ORDER BY k.subscriber_id FOR NO KEY UPDATE OF k, d"


class Opened(NamedTuple):
    """A row of the vault, opened."""

    data_key: bytes
    personal: dict[str, str]


def vault_keys() -> VaultKeys:
    """The operator's keys, as configured."""
    return VaultKeys(settings.VAULT_KEYS, settings.VAULT_KEY_ID)


def opened(*, subscriber_ids: Collection[int], keys: VaultKeys) -> dict[int, Opened]:
    """The personal data of subscribers; whoever has none is absent. One statement.

    Raises:
        VaultKeyMissing: a row lies under a key that is not configured.
    """
    return _opened(_ROWS, subscriber_ids, keys)


def opened_for_change(*, subscriber_ids: Collection[int], keys: VaultKeys) -> dict[int, Opened]:
    """The same, locked against rotations until the caller's transaction ends."""
    return _opened(_LOCKED_ROWS, subscriber_ids, keys)


def _opened(sql: str, subscriber_ids: Collection[int], keys: VaultKeys) -> dict[int, Opened]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [literal(list(subscriber_ids))])
        rows = cursor.fetchall()
    found = {}
    for subscriber_id, key_id, wrapped, nonce, ciphertext in rows:
        data_key = keys.unwrap(WrappedKey(key_id, bytes(wrapped)), subscriber_id)
        sealed = Sealed(bytes(nonce), bytes(ciphertext))
        personal = unseal(sealed, data_key=data_key, subscriber_id=subscriber_id)
        found[subscriber_id] = Opened(data_key, personal)
    return found
