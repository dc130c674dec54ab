"""Closing months: the trial balance at their ends, each once."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.db.utils import Error

from loyalty.models import Entry, MonthClosing, SubscriberMonth, Wallet
from loyalty.operations.close_month import close_month
from loyalty.operations.expire_points import expire_points
from loyalty.policy.book import LEDGER_ACCOUNTS
from tests.loyalty.eventful import at, charge, eventful_history, register, reserve, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> None:
    register("ann", now=at(1, 1))


def closing(month: date) -> MonthClosing:
    return MonthClosing.objects.get(month=month)


def test_a_month_that_has_not_ended_is_not_closed(ann: None) -> None:
    charge("ann", "a1", 100, at(1, 10))
    assert close_month(now=at(1, 31)) == []
    assert not MonthClosing.objects.exists()


def test_a_month_ends_by_the_clock_of_the_program(ann: None) -> None:
    charge("ann", "a1", 100, at(1, 10))
    # Half past eight in the evening in London is half past eleven in Moscow.
    assert close_month(now=datetime(2025, 1, 31, 20, 59, 59, tzinfo=UTC)) == []
    assert close_month(now=datetime(2025, 1, 31, 21, 0, tzinfo=UTC)) == [date(2025, 1, 1)]


def test_before_anything_was_posted_there_is_nothing_to_close() -> None:
    assert close_month(now=at(5, 1)) == []


def test_the_balances_are_those_of_the_months_end(ann: None) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    settle(reserve("ann", "r1", 400, at(1, 20)), at(1, 21))
    charge("ann", "a2", 50, at(2, 10))
    close_month(now=at(2, 15))
    january = closing(date(2025, 1, 1))
    assert (january.issued_balance, january.redeemed_balance) == (1000, 400)
    assert (january.available_balance, january.entries) == (600, 3)
    assert (january.revenue_minor, january.redeemed_minor) == (100_000, 400)
    assert january.liability_minor == 600


def test_a_month_without_entries_is_closed_too(ann: None) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    assert close_month(now=at(4, 1)) == [date(2025, month, 1) for month in (1, 2, 3)]
    february = closing(date(2025, 2, 1))
    assert (february.entries, february.issued_moved, february.issued_balance) == (0, 0, 1000)


def test_closing_twice_changes_nothing(ann: None) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    close_month(now=at(2, 2))
    before = MonthClosing.objects.values().get()
    assert close_month(now=at(2, 3)) == []
    assert MonthClosing.objects.values().get() == before


def test_two_closings_at_once_keep_the_first_one(ann: None) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    close_month(now=at(2, 2))
    kept = MonthClosing.objects.get()
    # What the other run would write, had it read before the first one committed.
    MonthClosing.objects.bulk_create([kept], ignore_conflicts=True)
    assert MonthClosing.objects.count() == 1


def test_what_a_late_job_posts_into_a_closed_month_is_in_the_next_balance(ann: None) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    close_month(now=at(2, 2, year=2026))
    expire_points(now=at(1, 20, year=2026))
    close_month(now=at(3, 2, year=2026))
    february = closing(date(2026, 2, 1))
    assert (february.expired_moved, february.expired_balance) == (0, 1000)
    call_command("audit_ledger")


def test_each_month_moves_the_balances_of_the_one_before() -> None:
    eventful_history()
    closings = list(MonthClosing.objects.all())
    assert len(closings) == 13
    for name in LEDGER_ACCOUNTS:
        balance = 0
        for each in closings:
            balance += getattr(each, f"{name}_moved")
            assert balance == getattr(each, f"{name}_balance"), (each.month, name)
        [held] = Wallet.objects.aggregate(Sum(name)).values()
        assert balance == held
    assert sum(each.entries for each in closings) == Entry.objects.count()
    revenue = SubscriberMonth.objects.aggregate(all=Sum("revenue_minor"))["all"]
    assert sum(each.revenue_minor for each in closings) == revenue


def test_a_closing_is_never_changed(ann: None) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    close_month(now=at(2, 2))
    for sql in ("UPDATE loyalty_monthclosing SET entries = 0", "DELETE FROM loyalty_monthclosing"):
        with (
            pytest.raises(Error, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"month": date(2025, 1, 2)}, "month_closing_is_of_a_first_day"),
        ({"month": date(2024, 1, 1), "issued_balance": 1}, "month_closing_balances_close"),
    ],
)
def test_constraints(ann: None, change: dict[str, object], constraint: str) -> None:
    charge("ann", "a1", 1000, at(1, 10))
    close_month(now=at(2, 2))
    values = MonthClosing.objects.values().get() | change
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        MonthClosing.objects.create(**values)
