"""The audit knows what the gate writes, and names what doesn't fit."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from loyalty.models import Payout
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.decide_payouts import clear_payouts, refuse_payouts
from loyalty.operations.pay_due import pay_due
from loyalty.policy.gate import Reason
from tests.factories import give_back, give_goodwill, post, register

pytestmark = pytest.mark.django_db


def lines(now: datetime) -> list[str]:
    report = audit_ledger(now=now)
    return [report.line(fault) for fault in report.faults]


def excess() -> UUID:
    return Payout.objects.get(kind="cap_excess", status="in_review").pk


@pytest.fixture
def lived(now: datetime) -> UUID:
    """A life with every step of the gate in it; a payout that is still due in part."""
    register("subscriber", now=now - timedelta(days=100))
    post("big", amount_minor=60_000_000, now=now)
    clear_payouts(payout_ids=[excess()], reason="He is known.", by="ann", now=now)
    give_back("f1", "big", amount_minor=30_000_000, now=now)
    post("again", amount_minor=80_000_000, now=now)
    refuse_payouts(payout_ids=[excess()], reason="Enough.", by="ann", now=now)
    give_back("f2", "again", amount_minor=10_000_000, now=now)
    register("other", now=now - timedelta(days=100))
    taken = give_goodwill("other", cause_id="taken", parts=3, now=now)
    pay_due(now=now + timedelta(days=35))
    claw_back_payouts(claims=[Claim(taken, Reason("mistaken", "A mistake."))], by="ann", now=now)
    return give_goodwill("other", cause_id="due", parts=3, now=now)


def test_finds_nothing_in_an_honest_life(lived: UUID, now: datetime) -> None:
    assert lines(now) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE loyalty_instalment SET points = points + 1 WHERE status = 'due'", "pending"),
        ("DELETE FROM loyalty_instalment WHERE number = 3", "parts"),
        ("UPDATE loyalty_payout SET points = points + 5 WHERE status = 'cleared'", "points are"),
        ("UPDATE loyalty_payout SET promise = 1 WHERE status = 'cleared'", "promise is"),
        ("UPDATE loyalty_payout SET status = 'paid' WHERE status = 'cleared'", "parts are due"),
        ("UPDATE loyalty_instalment SET lot = 1 WHERE status = 'paid'", "lot is 1"),
        ("UPDATE loyalty_instalment SET value_minor = 7 WHERE status = 'paid'", "benefit_minor"),
        ("UPDATE loyalty_charge SET points_cleared = 0, points_declined = 0", "points waiting"),
    ],
)
def test_names_what_was_altered(lived: UUID, now: datetime, statement: str, found: str) -> None:
    with connection.cursor() as cursor:
        # As somebody who owns the tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("payout", "instalment"):
            cursor.execute(f"ALTER TABLE loyalty_{table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount
    assert any(found in line for line in lines(now))
