"""Sweeping lapsed lots, and what is left after a closing."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.queries.statements import wallet_now
from tests.books import dump, lots, moves, news, rows, wallet
from tests.factories import charge, post, register, reserve
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.usefixtures("member")

LAPSES = datetime(2027, 3, 7, 21, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_sweeps_a_lot_at_the_instant_of_its_lapse() -> None:
    assert expire_points(now=LAPSES - MOMENT) == 0
    assert wallet_now(external_id="subscriber", now=LAPSES - MOMENT).available == 1000
    assert wallet_now(external_id="subscriber", now=LAPSES).available == 0
    assert expire_points(now=LAPSES) == 1
    assert moves("subscriber")[1:] == [("expiry", "available", "expired", 1000)]
    assert news("points.expired") == [{"subscriber_id": "subscriber", "points": 1000, "lots": 1}]
    [entry] = rows("SELECT occurred_at, cause_type, cause_id FROM loyalty_entry WHERE number = 2")
    assert entry == {"occurred_at": LAPSES, "cause_type": "lot", "cause_id": "1"}
    prove_laws(LAPSES)


def test_changes_nothing_the_second_time() -> None:
    expire_points(now=LAPSES)
    before = dump()
    assert expire_points(now=LAPSES + timedelta(days=1)) == 0
    assert dump() == before


def test_leaves_what_is_reserved(now: datetime) -> None:
    reserve("r", 400, now=LAPSES - timedelta(hours=1))
    expire_points(now=LAPSES)
    assert lots("subscriber") == {1: (1000, 0)}
    assert (wallet("subscriber")["reserved"], wallet("subscriber")["expired"]) == (400, 600)
    prove_laws(LAPSES)


@pytest.mark.parametrize("lots_per_page", [1, 2, 3, 100])
def test_sweeps_all_whatever_the_page(lots_per_page: int, now: datetime) -> None:
    names = [f"s{n}" for n in range(5)]
    for name in names:
        register(name, now=now)
    post_charges(
        charges=[
            charge(f"c{n}", name, occurred_at=now - timedelta(days=days))
            for name in names
            for n, days in enumerate((400, 400, 380, 5))
        ],
        now=now,
    )
    assert expire_points(now=now, lots_per_page=lots_per_page) == 15
    assert {wallet(name)["available"] for name in names} == {1000}
    prove_laws(now)


def test_revokes_what_is_left_thirty_days_after_closing(now: datetime) -> None:
    post("more", amount_minor=50_000, occurred_at=now - timedelta(days=9), now=now)
    register("subscriber", now=now, status="closed", closed_at=now)
    ends = now + timedelta(days=30)
    assert revoke_closed(now=ends - MOMENT) == 0
    assert revoke_closed(now=ends) == 2
    assert moves("subscriber")[2:] == [
        ("revocation", "available", "revoked", 1000),
        ("revocation", "available", "revoked", 500),
    ]
    assert news("points.revoked") == [{"subscriber_id": "subscriber", "points": 1500}]
    assert revoke_closed(now=ends) == 0
    prove_laws(ends)


def test_leaves_the_points_of_whoever_came_back(now: datetime) -> None:
    register("subscriber", now=now, status="closed", closed_at=now)
    register("subscriber", now=now + timedelta(days=1), status="active")
    before = dump()
    assert revoke_closed(now=now + timedelta(days=60)) == 0
    assert dump() == before


@pytest.mark.parametrize("wallets_per_page", [1, 2, 100])
def test_revokes_all_whatever_the_page(wallets_per_page: int, now: datetime) -> None:
    for n in range(5):
        register(f"s{n}", now=now)
        post("c", f"s{n}", now=now)
        register(f"s{n}", now=now, status="closed", closed_at=now - timedelta(hours=1))
    ends = now + timedelta(days=30)
    assert revoke_closed(now=ends, wallets_per_page=wallets_per_page) == 5
    assert wallet("subscriber")["available"] == 1000
    prove_laws(ends)
