"""Keep names and contacts: in the vault, and nowhere else."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from accounts.policy.vault import merged, new_data_key, seal
from accounts.queries.vault import Opened, opened_for_change, vault_keys
from kernel.arrays import literal

_KEYS = """
    INSERT INTO accounts_subscriberkey (subscriber_id, key_id, wrapped, created_at)
    SELECT v.*, %s FROM unnest(%s::bigint[], %s::smallint[], %s::bytea[]) AS v
"""
_ROWS = """
    INSERT INTO accounts_personaldata (subscriber_id, key_id, nonce, ciphertext, updated_at)
    SELECT v.subscriber_id, k.key_id, v.nonce, v.ciphertext, %s
    FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS v (subscriber_id, nonce, ciphertext)
    JOIN accounts_subscriberkey k ON k.subscriber_id = v.subscriber_id
    ON CONFLICT (subscriber_id) DO UPDATE SET
        nonce = excluded.nonce, ciphertext = excluded.ciphertext, updated_at = excluded.updated_at
"""

Said = Mapping[str, str | None]


def keep_personal_data(*, said: Mapping[int, Said], now: datetime) -> set[int]:
    """Keep what is said of subscribers whose rows the caller has locked; safe to repeat.

    At most three statements, whatever their number. A subscriber's data key stays: only erasing
    and `rotate_vault_keys` end it.

    Args:
        said: by subscriber, what a report names; None takes a value away.

    Returns:
        Of whom something else is known than before.

    Raises:
        VaultKeyMissing: a row lies under a key that is not configured.
    """
    if not said:
        return set()
    keys = vault_keys()
    known = opened_for_change(subscriber_ids=said, keys=keys)
    nothing = Opened(b"", {})

    after = {key: merged(known.get(key, nothing).personal, news) for key, news in said.items()}
    changed = [key for key, each in after.items() if each != known.get(key, nothing).personal]
    if not changed:
        return set()

    fresh = {key: new_data_key() for key in changed if key not in known}
    wrapped = [keys.wrap(data_key, key) for key, data_key in fresh.items()]
    data_keys = {**{key: each.data_key for key, each in known.items()}, **fresh}
    sealed = [seal(after[key], data_key=data_keys[key], subscriber_id=key) for key in changed]

    with connection.cursor() as cursor:
        if fresh:
            columns = [list(column) for column in zip(*wrapped, strict=True)]
            cursor.execute(_KEYS, [now, literal(list(fresh)), *map(literal, columns)])
        boxes = [list(column) for column in zip(*sealed, strict=True)]
        cursor.execute(_ROWS, [now, literal(changed), *map(literal, boxes)])
    return set(changed)
