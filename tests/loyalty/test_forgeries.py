"""What the password of the application's database role can't do to the books, or not unseen."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from config.local.privileges import grant_app_role
from loyalty.models import Entry, Lot, Payout, Wallet
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.policy.book import entry_digest, unkeyed_digest
from tests.books import dump
from tests.factories import give_goodwill, post, register, reserve

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
APP_ROLE = os.environ.get("APP_ROLE", "tenure_app")
_SIGNED = [field.attname for field in Entry._meta.concrete_fields if field.name != "digest"]


@pytest.fixture(autouse=True)
def as_the_application() -> Iterator[None]:
    register("subscriber", now=NOW)
    post("c1", amount_minor=100_000, occurred_at=NOW, now=NOW)
    reserve("r1", 100, now=NOW)
    give_goodwill("subscriber", cause_id="kind", parts=3, now=NOW)
    grant_app_role(
        role=APP_ROLE,
        append_only=settings.APPEND_ONLY_TABLES,
        read_only=settings.READ_ONLY_TABLES,
    )
    run(f"SET LOCAL ROLE {APP_ROLE}")
    yield
    run("RESET ROLE")


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def forge_entry(points: int, *, signed_with: bytes | None = None) -> Entry:
    """An accrual behind the wallet's last entry, as somebody writes it who knows the code."""
    last = Entry.objects.latest("number")
    forged = Entry(
        subscriber_id=last.subscriber_id,
        number=last.number + 1,
        kind="accrual",
        source="issued",
        destination="available",
        points=points,
        cause_type="charge",
        cause_id="forged",
        occurred_at=NOW,
        posted_at=last.posted_at + timedelta(seconds=1),
        terms=1,
        available_after=last.available_after + points,
    )
    written = tuple(getattr(forged, name) for name in _SIGNED)
    previous = bytes(last.digest)
    forged.digest = (
        unkeyed_digest(previous, written)
        if signed_with is None
        else entry_digest(previous, written, signed_with)
    )
    forged.save(force_insert=True)
    return forged


def take_in(forged: Entry) -> None:
    """Open the entry's lot and move the wallet with it."""
    Lot.objects.create(
        subscriber_id=forged.subscriber_id,
        number=forged.number,
        points=forged.points,
        remaining=forged.points,
        expires_at=NOW + timedelta(days=365),
    )
    run(
        "UPDATE loyalty_wallet SET available = available + %s, issued = issued + %s,"
        " last_number = %s, last_digest = %s, last_posted_at = %s",
        *(forged.points, forged.points, forged.number, forged.digest, forged.posted_at),
    )


@pytest.mark.parametrize("key", [None, b"", b"a key that somebody guessed"])
def test_an_entry_that_was_not_signed_by_us_is_named_by_the_audit(key: bytes | None) -> None:
    forged = forge_entry(4_000, signed_with=key)
    take_in(forged)
    run("RESET ROLE")
    report = audit_ledger(now=NOW)
    named = [(fault.table, fault.row) for fault in report.faults]
    assert ("entry", str(forged.number)) in named


def test_an_honest_history_holds() -> None:
    run("RESET ROLE")
    assert audit_ledger(now=NOW).faults == []


# What is tried, and what stands in the way.
REFUSED = {
    "a wallet without an entry": "UPDATE loyalty_wallet SET available = available + 1,"
    " issued = issued + 1",
    "points from one account to another": "UPDATE loyalty_wallet SET available = available + 1,"
    " reserved = reserved - 1",
    "a debt that is forgotten": "UPDATE loyalty_wallet SET debt = debt + 1, issued = issued - 1",
    "another digest": "UPDATE loyalty_wallet SET last_digest = sha256('x')",
    "an entry less": "UPDATE loyalty_wallet SET last_number = last_number - 1",
    "another moment": "UPDATE loyalty_wallet SET last_posted_at = now()",
    "a lot that grows": "UPDATE loyalty_lot SET points = points + 1, remaining = remaining + 1",
    "a lot that is full again": "UPDATE loyalty_lot SET remaining = points",
    "a lot that is emptied": "UPDATE loyalty_lot SET remaining = 0",
    "a lot that lapses later": "UPDATE loyalty_lot SET expires_at = 'infinity'",
    "a lot of no entry": "INSERT INTO loyalty_lot (subscriber_id, number, points, remaining,"
    " expires_at) SELECT subscriber_id, 99, 5, 5, now() FROM loyalty_wallet",
    "a lot of an entry that spends": "INSERT INTO loyalty_lot (subscriber_id, number, points,"
    " remaining, expires_at) SELECT subscriber_id, number, points, points, now()"
    " FROM loyalty_entry WHERE kind = 'reservation'",
    "no wallet": "DELETE FROM loyalty_wallet",
    "no lots": "DELETE FROM loyalty_lot",
    "a higher limit of two persons": "UPDATE loyalty_payout SET four_eyes_above_minor = 999999999",
    "a higher payout": "UPDATE loyalty_payout SET value_minor = value_minor + 1",
    "a payout of more points": "UPDATE loyalty_payout SET points = points + 1",
    "an instalment of more points": "UPDATE loyalty_instalment SET points = points + 1",
    "an instalment of a higher value": "UPDATE loyalty_instalment SET value_minor = 999999",
    "an instalment that is due earlier": "UPDATE loyalty_instalment SET due_on = '2000-01-01'",
    "a payout to somebody else": "UPDATE loyalty_payout SET subscriber_id = subscriber_id + 1",
    "a payout of other terms": "UPDATE loyalty_payout SET terms = 2",
    "a payout of another kind": "UPDATE loyalty_payout SET kind = 'cap_excess', month = now()",
}


@pytest.mark.parametrize("tried", REFUSED)
def test_the_books_follow_entries_alone(tried: str) -> None:
    before = dump()
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        run(REFUSED[tried])
    assert isinstance(caught.value.__cause__, RestrictViolation)
    assert dump() == before


def test_a_wallet_is_opened_empty() -> None:
    other = register("other", now=NOW)
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        Wallet.objects.create(
            subscriber=other, available=5, issued=5, opened_at=NOW, last_digest=b""
        )
    assert isinstance(caught.value.__cause__, RestrictViolation)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO loyalty_unkeyedchain SELECT subscriber_id, 99 FROM loyalty_wallet",
        "UPDATE loyalty_unkeyedchain SET last_number = 99",
        "DELETE FROM loyalty_unkeyedchain",
        "TRUNCATE loyalty_unkeyedchain",
    ],
)
def test_nobody_says_that_entries_needed_no_key(statement: str) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        run(statement)
    assert isinstance(caught.value.__cause__, InsufficientPrivilege)


def test_a_limit_of_two_persons_that_no_terms_say_is_named_by_the_audit() -> None:
    payout = Payout.objects.get()
    payout.pk, payout.cause_id = uuid4(), "forged"
    payout.four_eyes_above_minor = 999_999_999
    payout.save(force_insert=True)
    run("RESET ROLE")
    faults = audit_ledger(now=NOW).faults
    assert f"four_eyes_above_minor is {999_999_999}, its terms say {300_000}" in [
        fault.differs for fault in faults if fault.row == str(payout.pk)
    ]
