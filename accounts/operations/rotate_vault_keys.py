"""Bring the vault under the current key."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.policy.vault import Sealed, VaultKeys, WrappedKey, new_data_key, seal
from accounts.queries.vault import opened, vault_keys
from kernel.arrays import literal

ROWS_PER_PAGE = 2000

_UNDER_OTHER_KEYS = """
    SELECT subscriber_id FROM accounts_subscriberkey
    WHERE key_id <> %s AND subscriber_id > %s
    ORDER BY subscriber_id LIMIT %s FOR NO KEY UPDATE
"""
_MADE_BEFORE = """
    SELECT subscriber_id FROM accounts_subscriberkey
    WHERE (key_id <> %s OR created_at < %s) AND subscriber_id > %s
    ORDER BY subscriber_id LIMIT %s FOR NO KEY UPDATE
"""
_REWRAP = """
    WITH v AS (
        SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::bytea[])
            AS v (subscriber_id, key_id, wrapped)
    ), rows AS (
        UPDATE accounts_personaldata d SET key_id = v.key_id
        FROM v WHERE d.subscriber_id = v.subscriber_id
    )
    UPDATE accounts_subscriberkey k SET key_id = v.key_id, wrapped = v.wrapped
    FROM v WHERE k.subscriber_id = v.subscriber_id
"""
_RESEAL = """
    WITH v AS (
        SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::bytea[], %s::bytea[], %s::bytea[])
            AS v (subscriber_id, key_id, wrapped, nonce, ciphertext)
    ), rows AS (
        UPDATE accounts_personaldata d
        SET key_id = v.key_id, nonce = v.nonce, ciphertext = v.ciphertext
        FROM v WHERE d.subscriber_id = v.subscriber_id
    )
    UPDATE accounts_subscriberkey k
    SET key_id = v.key_id, wrapped = v.wrapped, created_at = %s
    FROM v WHERE k.subscriber_id = v.subscriber_id
"""


def rotate_wrapping_keys(
    *, on_page: Callable[[int], None] | None = None, rows_per_page: int = ROWS_PER_PAGE
) -> int:
    """Wrap every data key by the current key of the operator, a commit per page.

    Safe to repeat, to kill and to run in two places: what is done lies under the current key and
    is not looked at again. Afterwards the older keys may leave `VAULT_KEYS`.

    Args:
        on_page: called after each commit with the number of rows in it.

    Returns:
        How many data keys were wrapped anew.

    Raises:
        VaultKeyMissing: a row lies under a key that is not configured.
    """
    keys = vault_keys()
    return _page_by_page(
        lambda after: _rewrap_page(keys, after, rows_per_page), on_page or (lambda rows: None)
    )


def rotate_data_keys(
    *,
    made_before: datetime,
    now: datetime,
    on_page: Callable[[int], None] | None = None,
    rows_per_page: int = ROWS_PER_PAGE,
) -> int:
    """Give every subscriber a new data key, and seal their data anew, a commit per page.

    Safe to kill, and to repeat with the same `made_before`, which goes on with what is left.

    Args:
        made_before: keys made before it are replaced, timezone-aware; at most `now`.
        now: when the new ones are made.
        on_page: called after each commit with the number of rows in it.

    Returns:
        How many subscribers have a new data key.

    Raises:
        VaultKeyMissing: a row lies under a key that is not configured.
    """
    keys = vault_keys()
    return _page_by_page(
        lambda after: _reseal_page(keys, made_before, now, after, rows_per_page),
        on_page or (lambda rows: None),
    )


def _page_by_page(turn: Callable[[int], list[int]], on_page: Callable[[int], None]) -> int:
    done, after = 0, 0
    for page in _pages(turn, after):
        done += len(page)
        on_page(len(page))
    return done


def _pages(turn: Callable[[int], list[int]], after: int) -> Iterator[list[int]]:
    while page := turn(after):
        yield page
        after = page[-1]


@transaction.atomic
def _rewrap_page(keys: VaultKeys, after: int, limit: int) -> list[int]:
    page = _locked(_UNDER_OTHER_KEYS, [keys.current, after, limit])
    known = opened(subscriber_ids=page, keys=keys)

    wrapped = {key: keys.wrap(known[key].data_key, key) for key in page}

    _write(_REWRAP, page, _columns(wrapped))
    return page


@transaction.atomic
def _reseal_page(
    keys: VaultKeys, made_before: datetime, now: datetime, after: int, limit: int
) -> list[int]:
    page = _locked(_MADE_BEFORE, [keys.current, made_before, after, limit])
    known = opened(subscriber_ids=page, keys=keys)

    fresh = {key: new_data_key() for key in page}
    wrapped = {key: keys.wrap(data_key, key) for key, data_key in fresh.items()}
    boxes: list[Sealed] = [
        seal(known[key].personal, data_key=fresh[key], subscriber_id=key) for key in page
    ]

    sealed = [[each.nonce for each in boxes], [each.ciphertext for each in boxes]]
    _write(_RESEAL, page, [*_columns(wrapped), *sealed], now)
    return page


def _locked(sql: str, parameters: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


def _columns(wrapped: Mapping[int, WrappedKey]) -> list[list[Any]]:
    return [[each.key_id for each in wrapped.values()], [each.wrapped for each in wrapped.values()]]


def _write(sql: str, page: Sequence[int], columns: Sequence[list[Any]], *more: Any) -> None:
    if page:
        with connection.cursor() as cursor:
            cursor.execute(sql, [literal(page), *map(literal, columns), *more])
