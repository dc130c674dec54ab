"""A call that posts what another one has not committed yet waits for it, and replays."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connection, transaction

from loyalty.ledger.connection import FEW
from loyalty.models import Entry, Wallet
from loyalty.operations.post_charges import ChargeOutcome, post_charges
from loyalty.policy.accrual import ChargeItem
from tests.factories import charge, post, register

pytestmark = pytest.mark.usefixtures("committed")


def posted_elsewhere(charges: list[ChargeItem], now: datetime) -> list[ChargeOutcome]:
    try:
        return post_charges(charges=charges, now=now)
    finally:
        connection.close()


def wait_for_a_waiter(other: "Future[list[ChargeOutcome]]") -> None:
    """Until another connection waits for a lock of this one."""
    until = time.monotonic() + 30
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
    while time.monotonic() < until and not other.done():
        with connection.cursor() as cursor:
            cursor.execute(waiting, [connection.connection.info.backend_pid])
            if cursor.fetchone():
                return
        time.sleep(0.02)
    pytest.fail(f"The second call waited for nothing, and said {other}.")


@pytest.mark.parametrize("has_a_wallet", [True, False])
@pytest.mark.parametrize("count", [1, FEW])
def test_are_posted_once_and_replayed_once(count: int, has_a_wallet: bool, now: datetime) -> None:
    register("subscriber", now=now)
    if has_a_wallet:
        post("before", now=now)
    charges = [charge(f"c{place}", occurred_at=now) for place in range(count)]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = post_charges(charges=charges, now=now)
            other = pool.submit(posted_elsewhere, charges, now)
            wait_for_a_waiter(other)
        second = other.result(30)
    assert not any(outcome.replayed for outcome in first)
    assert second == [outcome._replace(replayed=True) for outcome in first]
    assert Entry.objects.count() == count + has_a_wallet
    assert Wallet.objects.get().available == 1000 * (count + has_a_wallet)
