"""The audit finds nothing where nothing was altered, and names what was."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from loyalty.models import Audit, Entry, Wallet
from loyalty.operations.audit_ledger import AuditReport, audit_ledger
from loyalty.tasks import LedgerIsWrong
from loyalty.tasks import audit_ledger as audit_task
from tests.loyalty.eventful import at, charge, eventful_history

NOW = at(3, 1, year=2026)
TABLES = (
    "entry",
    "lot",
    "lotdraw",
    "wallet",
    "charge",
    "refund",
    "redemption",
    "subscribermonth",
    "payout",
    "tierchange",
    "monthclosing",
)


@pytest.fixture(scope="module", autouse=True)
def history(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """One history for all tests; each alters it within a savepoint."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        eventful_history()
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            run(f"ALTER TABLE loyalty_{table} DISABLE TRIGGER USER")
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def savepoint(history: None) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def run(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.rowcount)


def audited() -> AuditReport:
    return audit_ledger(now=NOW)


def key(name: str) -> str:
    return f"(SELECT id FROM accounts_subscriber WHERE external_id = '{name}')"


def test_an_untouched_ledger_holds_every_law() -> None:
    report = audited()
    assert [report.line(fault) for fault in report.faults] == []
    assert report.holds
    assert report.wallets == 5
    assert report.entries == Entry.objects.count()


def test_the_trial_balance_is_the_sum_of_all_wallets() -> None:
    report = audited()
    assert report.balances["issued"] == sum(wallet.issued for wallet in Wallet.objects.all())
    assert report.revenue is not None
    assert report.revenue.charges_minor - report.revenue.refunds_minor == (
        report.revenue.months_minor
    )
    held = sum(report.balances[name] for name in ("pending", "available", "reserved"))
    assert report.liability_minor == held


# What is altered: the table, a row of it as the audit names it, a column, its new value, and
# which row that is in SQL.
ALTERED = [
    ("entry", "2", "ann", "kind = 'accrual', cause_id = 'a9'", "number = 2"),
    ("entry", "1", "ann", "points = points + 1", "number = 1"),
    ("entry", "1", "ann", "destination = 'debt'", "number = 1"),
    ("entry", "1", "ann", "cause_type = 'refund'", "number = 1"),
    ("entry", "1", "ann", "occurred_at = occurred_at - interval '1 microsecond'", "number = 1"),
    ("entry", "1", "ann", "posted_at = posted_at + interval '1 microsecond'", "number = 1"),
    ("entry", "3", "ann", "terms = 2", "number = 3"),
    ("entry", "3", "ann", "available_after = available_after + 1", "number = 3"),
    ("entry", "4", "ann", "reverses = 3", "number = 4"),
    ("entry", "3", "ann", "digest = sha256('x')", "number = 3"),
    ("entry", "2", "cat", "kind = 'settlement', source = 'reserved', destination = 'redeemed'",
     "kind = 'reservation' AND number = 2"),
    ("entry", "4", "cat", "kind = 'chargeback'", "number = 4"),
    ("lot", "1", "ann", "points = points + 1", "number = 1"),
    ("lot", "2", "ann", "remaining = remaining - 1", "number = 2"),
    ("lot", "2", "ann", "expires_at = expires_at + interval '1 day'", "number = 2"),
    ("wallet", "-", "ann", "available = available + 1, issued = issued + 1", "true"),
    ("wallet", "-", "ann", "pending = pending + 1, issued = issued + 1", "true"),
    ("wallet", "-", "ann", "reserved = reserved + 1, issued = issued + 1", "true"),
    ("wallet", "-", "cat", "debt = debt + 1, expired = expired + 1", "true"),
    ("wallet", "-", "ann", "redeemed = redeemed + 1, expired = expired - 1", "true"),
    ("wallet", "-", "eve", "revoked = revoked - 1, expired = expired + 1", "true"),
    ("wallet", "-", "ann", "last_number = last_number + 1", "true"),
    ("wallet", "-", "ann", "last_digest = sha256('x')", "true"),
    ("wallet", "-", "ann", "last_posted_at = last_posted_at + interval '1 second'", "true"),
    ("wallet", "-", "ann", "benefit_life_minor = benefit_life_minor + 1", "true"),
    ("wallet", "-", "ben", "waiting_refunds = 0", "true"),
    ("wallet", "-", "ann", "tier = 'silver'", "true"),
    ("wallet", "-", "ann", "tier_since = tier_since - interval '1 day'", "true"),
    ("wallet", "-", "ben", "downgrade_on = '2026-03-01'", "true"),
    ("wallet", "-", "ben", "tier_evaluated_for = '2026-02-02'", "true"),
    ("wallet", "-", "ben", "opened_at = '2026-02-02'", "true"),
    ("charge", "a9", "ann", "charge_id = 'a9'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "amount_minor = amount_minor + 1", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "kind = 'top_up'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "occurred_at = occurred_at - interval '1 hour'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "month = '2025-02-01'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "fingerprint = '0123456789abcdef'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "tier = 'gold'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "terms = 2", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "points_earned = points_earned + 1", "charge_id = 'a1'"),
    ("charge", "d2", "dan", "points_in_review = points_in_review + 1", "charge_id = 'd2'"),
    ("charge", "c2", "cat", "points_to_debt = points_to_debt - 1", "charge_id = 'c2'"),
    ("charge", "a1", "ann", "lot = 2", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "posted_at = posted_at + interval '1 second'", "charge_id = 'a1'"),
    ("charge", "a1", "ann", "refunded_minor = 1", "charge_id = 'a1'"),
    ("charge", "d2", "dan", "points_waiting = points_waiting - 1", "charge_id = 'd2'"),
    ("refund", "other", "ann", "refund_id = 'other'", "refund_id = 'part'"),
    ("refund", "part", "ann", "charge_id = 'a3'", "refund_id = 'part'"),
    ("refund", "part", "ann", "amount_minor = amount_minor - 1", "refund_id = 'part'"),
    ("refund", "part", "ann", "reason = 'chargeback'", "refund_id = 'part'"),
    ("refund", "waits", "ben", "reason = 'chargeback'", "refund_id = 'waits'"),
    ("refund", "part", "ann", "occurred_at = occurred_at - interval '1 hour'",
     "refund_id = 'part'"),
    ("refund", "part", "ann", "fingerprint = '0123456789abcdef'", "refund_id = 'part'"),
    ("refund", "part", "ann", "status = 'rejected', applied_at = NULL", "refund_id = 'part'"),
    ("refund", "waits", "ben", "status = 'rejected'", "refund_id = 'waits'"),
    ("refund", "too much", "ben", "status = 'waiting'", "refund_id = 'too much'"),
    ("refund", "part", "ann", "points_revoked = points_revoked + 1", "refund_id = 'part'"),
    ("refund", "owed", "cat", "points_to_debt = points_to_debt + 1", "refund_id = 'owed'"),
    ("refund", "part", "ann", "points_lapsed = 1", "refund_id = 'part'"),
    ("refund", "part", "ann", "received_at = received_at + interval '1 second'",
     "refund_id = 'part'"),
    ("refund", "part", "ann", "applied_at = applied_at + interval '1 second'",
     "refund_id = 'part'"),
    ("redemption", "other", "ann", "redemption_id = 'other'", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "points = points + 1", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "value_minor = value_minor + 1",
     "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "reward = 'gift'", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "month = '2025-08-01'", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "terms = 2", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "reservation = 1", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "settlement = 1", "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "reserved_at = reserved_at - interval '1 second'",
     "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "expires_at = expires_at + interval '1 second'",
     "redemption_id = 'settled'"),
    ("redemption", "settled", "ann", "settled_at = settled_at + interval '1 second'",
     "redemption_id = 'settled'"),
    ("redemption", "released", "ann", "returned_at = returned_at + interval '1 second'",
     "redemption_id = 'released'"),
    ("redemption", "held", "ann", "status = 'lapsed', returned_at = now()",
     "redemption_id = 'held'"),
    ("redemption", "lapsed", "ann", "status = 'released'", "redemption_id = 'lapsed'"),
    ("subscribermonth", "2025-01", "ann", "revenue_minor = revenue_minor + 1",
     "month = '2025-01-01'"),
    ("subscribermonth", "2025-01", "ann", "points_earned = points_earned + 1",
     "month = '2025-01-01'"),
    ("subscribermonth", "2025-01", "ann", "benefit_minor = benefit_minor + 1",
     "month = '2025-01-01'"),
    ("subscribermonth", "2025-07", "ann", "points_redeemed = points_redeemed + 1",
     "month = '2025-07-01'"),
    ("payout", "2025-04", "dan", "points = points + 1", "true"),
    ("payout", "2025-04", "dan", "value_minor = value_minor + 1", "true"),
    ("payout", "2025-04", "dan", "month = '2025-05-01'", "true"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "row", "name", "change", "where"),
    ALTERED,
    ids=[f"{table}: {change}" for table, _, _, change, _ in ALTERED],
)
def test_an_altered_column_is_named(
    table: str, row: str, name: str, change: str, where: str
) -> None:
    changed = run(
        f"UPDATE loyalty_{table} SET {change} WHERE subscriber_id = {key(name)} AND {where}"
    )
    assert changed == 1
    report = audited()
    assert not report.holds
    named = [
        (fault.table, fault.row, report.names[fault.subscriber_id])
        for fault in report.faults
        if fault.subscriber_id
    ]
    assert (table, row, name) in named
    if table == "entry":
        assert named[0] == (table, row, name)
