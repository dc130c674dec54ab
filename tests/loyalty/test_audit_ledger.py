"""The audit finds nothing where nothing was altered, and names what was."""

# ruff: noqa: S608 (what is altered here is SQL by nature)

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from loyalty.models import Audit, Entry, Wallet
from loyalty.operations.audit_ledger import AuditReport, audit_ledger
from loyalty.policy.book import Entry as BookEntry
from loyalty.policy.book import entry_digest
from loyalty.tasks import LedgerIsWrong
from loyalty.tasks import audit_ledger as audit_task
from tests.factories import activate, post
from tests.loyalty.eventful import at, charge, eventful_history

pytestmark = pytest.mark.django_db

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
    """One history for all tests; each test's own transaction is a savepoint in it."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        eventful_history()
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            run(f"ALTER TABLE loyalty_{table} DISABLE TRIGGER USER")
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


def first_fault() -> tuple[str, str, str]:
    report = audited()
    assert not report.holds
    fault = report.faults[0]
    return fault.table, fault.row, report.names.get(fault.subscriber_id, "")


def test_a_deleted_entry_is_named_by_its_number() -> None:
    run(f"DELETE FROM loyalty_entry WHERE subscriber_id = {key('ann')} AND number = 4")
    assert first_fault() == ("entry", "4", "ann")


def test_a_deleted_last_entry_is_missed_by_its_wallet() -> None:
    last = f"(SELECT last_number FROM loyalty_wallet WHERE subscriber_id = {key('eve')})"
    run(f"DELETE FROM loyalty_entry WHERE subscriber_id = {key('eve')} AND number = {last}")
    report = audited()
    assert "last_number" in " ".join(fault.differs for fault in report.faults)


def test_two_entries_that_changed_places_are_named() -> None:
    run("ALTER TABLE loyalty_entry DROP CONSTRAINT entry_reverses_an_earlier_one")
    for was, becomes in ((1, 99), (2, 1), (99, 2)):
        run(
            f"UPDATE loyalty_entry SET number = {becomes}"
            f" WHERE subscriber_id = {key('cat')} AND number = {was}"
        )
    assert first_fault() == ("entry", "1", "cat")


def copied(table: str, where: str, **changed: str) -> None:
    """Insert a copy of rows with some columns changed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM loyalty_{table} LIMIT 0")
        names = [column.name for column in cursor.description]
    values = ", ".join(changed.get(name, name) for name in names)
    inserted = run(
        f"INSERT INTO loyalty_{table} ({', '.join(names)})"
        f" SELECT {values} FROM loyalty_{table} WHERE {where}"
    )
    assert inserted == 1


def test_an_invented_entry_is_named() -> None:
    copied("entry", f"subscriber_id = {key('ben')} AND number = 1", number="100")
    assert first_fault()[0::2] == ("entry", "ben")


def test_an_entry_without_a_wallet_is_named() -> None:
    copied("entry", f"subscriber_id = {key('ben')} AND number = 1", subscriber_id="2^40::bigint")
    assert ("entry", "1", "") in _named(audited())


def test_a_lot_without_an_entry_is_named() -> None:
    copied("lot", f"subscriber_id = {key('ann')} AND number = 1", number="77")
    assert first_fault() == ("lot", "77", "ann")


def test_a_deleted_lot_is_named() -> None:
    run(f"DELETE FROM loyalty_lot WHERE subscriber_id = {key('ann')} AND number = 1")
    assert first_fault() == ("lot", "1", "ann")


@pytest.mark.parametrize("change", ["points = points + 1", "lot = 1", "entry = 200"])
def test_an_altered_draw_is_named(change: str) -> None:
    drawn = f"subscriber_id = {key('cat')}"
    run(
        f"UPDATE loyalty_lotdraw SET {change} WHERE {drawn} AND (entry, lot) ="
        f" (SELECT max(entry), max(lot) FROM loyalty_lotdraw WHERE {drawn} AND lot > 1"
        " GROUP BY entry ORDER BY entry DESC LIMIT 1)"
    )
    assert first_fault()[0::2] == ("lotdraw", "cat")


def test_a_deleted_draw_is_named() -> None:
    run(f"DELETE FROM loyalty_lotdraw WHERE subscriber_id = {key('eve')}")
    assert first_fault()[0::2] == ("lotdraw", "eve")


def test_a_deleted_charge_is_named() -> None:
    run(f"DELETE FROM loyalty_charge WHERE subscriber_id = {key('ann')} AND charge_id = 'a3'")
    assert first_fault() == ("charge", "a3", "ann")


def test_a_deleted_wallet_is_missed() -> None:
    run(f"DELETE FROM loyalty_wallet WHERE subscriber_id = {key('eve')}")
    assert ("wallet", "-", "eve") in _named(audited())


def test_an_altered_closing_is_named() -> None:
    run(
        "UPDATE loyalty_monthclosing SET issued_moved = issued_moved + 1 WHERE month = '2025-04-01'"
    )
    assert first_fault() == ("monthclosing", "2025-04", "")


def test_a_ledger_forged_whole_is_betrayed_by_its_charges() -> None:
    """Somebody who has the key rewrites an accrual, its lot, its wallet and the chain."""
    wallet = Wallet.objects.get(subscriber__external_id="ben")
    digest, forged = b"", []
    for entry in Entry.objects.filter(subscriber_id=wallet.subscriber_id).order_by("number"):
        entry.points += 50 if entry.number == 1 else 0
        entry.available_after += 50
        signed = tuple(getattr(entry, name) for name in _SIGNED)
        digest = entry_digest(digest, signed, settings.LEDGER_KEYS[0])
        forged.append((entry.number, entry.points, entry.available_after, digest.hex()))
    for number, points, available_after, written in forged:
        run(
            f"UPDATE loyalty_entry SET points = {points}, available_after = {available_after},"
            f" digest = '\\x{written}'"
            f" WHERE subscriber_id = {wallet.subscriber_id} AND number = {number}"
        )
    run(
        "UPDATE loyalty_lot SET points = points + 50, remaining = remaining + 50"
        f" WHERE subscriber_id = {wallet.subscriber_id} AND number = 1"
    )
    run(
        "UPDATE loyalty_wallet SET available = available + 50, issued = issued + 50,"
        f" last_digest = '\\x{digest.hex()}' WHERE subscriber_id = {wallet.subscriber_id}"
    )
    table, _, name = first_fault()
    assert (table, name) == ("charge", "ben")


def test_many_faults_are_counted_and_the_first_are_listed() -> None:
    run("UPDATE loyalty_entry SET occurred_at = occurred_at - interval '1 second'")
    report = audited()
    assert report.fault_count >= Entry.objects.count()
    assert len(report.faults) == 20


def test_a_past_instant_is_proven_by_the_entries_posted_until_then() -> None:
    whole = audited()
    past = audit_ledger(now=NOW, as_of=at(7, 6, 13))
    assert past.holds
    assert 0 < past.balances["issued"] < whole.balances["issued"]
    assert past.balances["reserved"] == 1000


def test_a_past_instant_does_not_mind_what_was_altered_later() -> None:
    run(
        "UPDATE loyalty_entry SET occurred_at = occurred_at - interval '1 second'"
        " WHERE posted_at > '2025-08-01'"
    )
    assert audit_ledger(now=NOW, as_of=at(7, 31)).holds
    assert not audited().holds


def test_an_audit_keeps_what_it_found() -> None:
    audited()
    assert Audit.objects.latest("id").faults == 0
    run("UPDATE loyalty_lot SET remaining = 0 WHERE remaining > 0")
    report = audited()
    kept = Audit.objects.latest("id")
    assert kept.faults == report.fault_count > 0
    assert kept.first_fault == report.line(report.faults[0])
    assert kept.finished_at >= kept.started_at


def test_the_task_fails_where_the_ledger_is_wrong() -> None:
    audit_task()
    run("UPDATE loyalty_lot SET remaining = 0 WHERE remaining > 0")
    with pytest.raises(LedgerIsWrong, match="lot"):
        audit_task()


def test_the_command_prints_the_trial_balance_and_says_that_every_law_holds() -> None:
    said = StringIO()
    call_command("audit_ledger", stdout=said)
    assert "Every law holds." in said.getvalue()
    assert "Trial balance of 5 wallets" in said.getvalue()


def test_the_command_ends_with_1_and_names_the_first_altered_row() -> None:
    run(
        "UPDATE loyalty_entry SET points = points + 1"
        f" WHERE subscriber_id = {key('cat')} AND number = 1"
    )
    said = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("audit_ledger", stdout=said)
    assert end.value.code == 1
    assert "entry 1 of cat: digest" in said.getvalue()


def test_an_audit_writes_nothing_to_the_books() -> None:
    before = list(Wallet.objects.order_by("pk").values())
    audited()
    assert list(Wallet.objects.order_by("pk").values()) == before


def test_what_is_posted_after_the_alteration_does_not_hide_it() -> None:
    run(
        "UPDATE loyalty_entry SET occurred_at = occurred_at - interval '1 second'"
        f" WHERE subscriber_id = {key('ann')} AND number = 1"
    )
    charge("ann", "a99", 10, NOW + timedelta(days=1))
    assert first_fault() == ("entry", "1", "ann")


_SIGNED = BookEntry._fields[:-1]


def _named(report: AuditReport) -> list[tuple[str, str, str]]:
    return [
        (fault.table, fault.row, report.names.get(fault.subscriber_id, ""))
        for fault in report.faults
    ]


@pytest.mark.usefixtures("subscriber")
def test_holds_under_several_versions_of_the_terms(now: datetime) -> None:
    activate({"point_value_minor": 2}, effective_from=now + timedelta(days=1), now=now)
    later = now + timedelta(days=2)
    post("later", occurred_at=later, now=later)
    assert audit_ledger(now=later).holds
