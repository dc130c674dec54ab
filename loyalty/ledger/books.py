"""Locking and reading books, in the order of subscribers, so that no two calls wait in a circle."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings

from loyalty.ledger.connection import ask, execute, fetch
from loyalty.policy.book import (
    AVAILABLE,
    DEBT,
    EXPIRED,
    ISSUED,
    LEDGER_ACCOUNTS,
    PENDING,
    REDEEMED,
    RESERVED,
    REVOKED,
    Book,
)

_COLUMNS = f"""
    s.id, s.external_id, s.status, s.closed_at,
    {", ".join(f"w.{account}" for account in LEDGER_ACCOUNTS)},
    w.last_number, w.last_digest, w.last_posted_at, w.opened_at, w.benefit_life_minor,
    w.tier, w.tier_since, w.waiting_refunds, w.tier_evaluated_for, w.downgrade_on
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
        w.opened_at, coalesce(w.benefit_life_minor, 0), coalesce(w.tier, 'bronze'), w.tier_since,
        coalesce(w.waiting_refunds, 0), w.tier_evaluated_for, w.downgrade_on
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


class AskedBooks:
    """Books whose wallets are being locked; statements asked after this see them locked."""

    def __init__(self, external_ids: Iterable[str]) -> None:
        self._wanted = sorted(set(external_ids))
        self._answer = ask(_BY_EXTERNAL_ID + _LOCK, self._wanted)

    def locked(self, *, now: datetime) -> tuple[dict[str, Book], bool]:
        """The books by external id, and whether some of their wallets were locked only now.

        A subscriber's first lock opens their wallet, and what was asked meanwhile about them
        may not hold any more. Ids that billing has not reported are absent.
        """
        books = _books(self._answer.fetchall())
        missing = [external_id for external_id in self._wanted if external_id not in books]
        if not missing:
            return books, False
        # Somebody else may have opened them meanwhile: whoever did, they are there now.
        execute(_OPEN_WALLETS, now, missing)
        opened = _books(fetch(_BY_EXTERNAL_ID + _LOCK, missing))
        return books | opened, bool(opened)


def lock_books(external_ids: Iterable[str], *, now: datetime) -> dict[str, Book]:
    """Lock the wallets of these subscribers until the transaction ends, by external id.

    A subscriber's first lock opens their wallet. Ids that billing has not reported are absent.
    """
    return AskedBooks(external_ids).locked(now=now)[0]


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


def _books(rows: Iterable[Any]) -> dict[str, Book]:
    return {row[1]: _book(*row) for row in rows}


def _book(
    subscriber_id: int,
    external_id: str,
    status: str,
    closed_at: datetime | None,
    pending: int,
    available: int,
    reserved: int,
    debt: int,
    issued: int,
    redeemed: int,
    expired: int,
    revoked: int,
    number: int,
    digest: bytes,
    posted_at: datetime | None,
    opened_at: datetime | None,
    benefit_life_minor: int,
    tier: str,
    tier_since: datetime | None,
    waiting_refunds: int,
    tier_evaluated_for: date | None,
    downgrade_on: date | None,
) -> Book:
    balances = {
        PENDING: pending,
        AVAILABLE: available,
        RESERVED: reserved,
        DEBT: debt,
        ISSUED: issued,
        REDEEMED: redeemed,
        EXPIRED: expired,
        REVOKED: revoked,
    }
    return Book(
        subscriber_id,
        external_id,
        balances,
        settings.LEDGER_KEYS[0],
        number,
        digest,
        posted_at,
        opened_at,
        benefit_life_minor,
        tier,
        tier_since,
        waiting_refunds,
        status,
        closed_at,
        opened_at,
        tier_evaluated_for,
        downgrade_on,
    )
