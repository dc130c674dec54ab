"""Locking and reading books, in the order of subscribers, so that no two calls wait in a circle."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from loyalty.ledger.connection import execute, fetch
from loyalty.policy.book import LEDGER_ACCOUNTS, Book

_COLUMNS = f"""
    s.id, s.external_id, s.status, s.closed_at,
    {", ".join(f"w.{account}" for account in LEDGER_ACCOUNTS)},
    w.last_number, w.last_digest, w.last_posted_at, w.benefit_life_minor,
    w.tier, w.tier_since, w.waiting_refunds
"""
_FROM = "FROM accounts_subscriber s JOIN loyalty_wallet w ON w.subscriber_id = s.id"

_BY_EXTERNAL_ID = f"SELECT {_COLUMNS} {_FROM} WHERE s.external_id = ANY(%s::text[])"
_BY_SUBSCRIBER = f"SELECT {_COLUMNS} {_FROM} WHERE s.id = ANY(%s::bigint[])"
_LOCK = " ORDER BY s.id FOR NO KEY UPDATE OF w"
_LOCK_WHAT_IS_FREE = _LOCK + " SKIP LOCKED"

# Whoever has no wallet yet has an empty one.
_READ = f"""
    SELECT s.id, s.external_id, s.status, s.closed_at,
        {", ".join(f"coalesce(w.{account}, 0)" for account in LEDGER_ACCOUNTS)},
        coalesce(w.last_number, 0), coalesce(w.last_digest, ''), w.last_posted_at,
        coalesce(w.benefit_life_minor, 0), coalesce(w.tier, 'bronze'), w.tier_since,
        coalesce(w.waiting_refunds, 0)
    FROM accounts_subscriber s LEFT JOIN loyalty_wallet w ON w.subscriber_id = s.id
    WHERE s.external_id = ANY(%s::text[])
"""  # noqa: S608

_OPEN_WALLETS = """
    INSERT INTO loyalty_wallet (
        subscriber_id, pending, available, reserved, debt, issued, redeemed, expired, revoked,
        last_number, last_digest, benefit_life_minor, waiting_refunds, tier, opened_at
    )
    SELECT id, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 'bronze', %s
    FROM accounts_subscriber WHERE external_id = ANY(%s::text[])
    ORDER BY id
    ON CONFLICT DO NOTHING
"""


def lock_books(external_ids: Iterable[str], *, now: datetime) -> dict[str, Book]:
    """Lock the wallets of these subscribers until the transaction ends, by external id.

    A subscriber's first lock opens their wallet. Ids that billing has not reported are absent.
    """
    wanted = sorted(set(external_ids))
    books = _books(fetch(_BY_EXTERNAL_ID + _LOCK, wanted))
    missing = [external_id for external_id in wanted if external_id not in books]
    if missing:
        if execute(_OPEN_WALLETS, now, missing) or _are_known(missing):
            books |= _books(fetch(_BY_EXTERNAL_ID + _LOCK, missing))
    return books


def lock_books_of(subscriber_ids: Sequence[int]) -> dict[int, Book]:
    """Lock the wallets of these subscribers, by subscriber."""
    rows = fetch(_BY_SUBSCRIBER + _LOCK, list(subscriber_ids))
    return {book.subscriber_id: book for book in _books(rows).values()}


def lock_free_books_of(subscriber_ids: Sequence[int]) -> dict[int, Book]:
    """Lock those wallets that nobody else holds; the others are left to their holders."""
    rows = fetch(_BY_SUBSCRIBER + _LOCK_WHAT_IS_FREE, list(subscriber_ids))
    return {book.subscriber_id: book for book in _books(rows).values()}


def read_books(external_ids: Iterable[str]) -> dict[str, Book]:
    """The same books without a lock, for whoever only asks what would happen."""
    return _books(fetch(_READ, sorted(set(external_ids))))


def _are_known(external_ids: Sequence[str]) -> bool:
    # Somebody else may have opened the wallet between our two statements.
    sql = (
        "SELECT 1 FROM accounts_subscriber WHERE external_id = ANY(%s::text[]) LIMIT 1"
    )
    return bool(fetch(sql, list(external_ids)))


def _books(rows: Iterable[Any]) -> dict[str, Book]:
    books = {}
    for (
        subscriber_id,
        external_id,
        status,
        closed_at,
        *balances,
        number,
        digest,
        posted_at,
        benefit_life_minor,
        tier,
        tier_since,
        waiting_refunds,
    ) in rows:
        books[external_id] = Book(
            subscriber_id,
            external_id,
            dict(zip(LEDGER_ACCOUNTS, balances, strict=True)),
            number,
            digest,
            posted_at,
            benefit_life_minor,
            tier,
            tier_since,
            waiting_refunds,
            status,
            closed_at,
        )
    return books
