"""Sweeping lapsed lots, and what is left after a closing."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.policy.expiry import SweepLimit, SweepSize, SweepTooLarge, refusal_for_sweep
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


SIZES = [
    # due, held, agreed to, refused
    (100, 100, None, False),
    (101, 101, None, True),
    (101, 505, None, False),
    (102, 505, None, True),
    (101, 101, 101, False),
    (101, 101, 100, True),
    (50, 1000, 40, True),
]


@pytest.mark.parametrize(("due", "held", "agreed", "refused"), SIZES)
def test_a_sweep_asks_beyond_its_points_and_its_share(
    due: int, held: int, agreed: int | None, refused: bool
) -> None:
    limit = SweepLimit(points=100, share=0.2)
    refusal = refusal_for_sweep(SweepSize(due, held), limit, points_max=agreed)
    assert (refusal is not None) == refused


@pytest.fixture
def every_lot_lapses(settings: Any, now: datetime) -> datetime:
    """A moment at which a wrong clock would empty everybody's lots, those who left included."""
    settings.SWEEP_POINTS_MAX = 1000
    post("more", amount_minor=50_000, occurred_at=now - timedelta(days=9), now=now)
    register("gone", now=now, status="closed", closed_at=now)
    return now + timedelta(days=400)


def test_a_sweep_of_everything_takes_nothing_and_asks(every_lot_lapses: datetime) -> None:
    before = dump()
    with pytest.raises(SweepTooLarge, match="1500 of 1500 points") as asked:
        expire_points(now=every_lot_lapses)
    assert asked.value.facts == {"points_due": 1500, "points_held": 1500}
    assert dump() == before
    with pytest.raises(SweepTooLarge):
        expire_points(now=every_lot_lapses, points_max=1499)
    assert expire_points(now=every_lot_lapses, points_max=1500) == 2
    prove_laws(every_lot_lapses)


def test_what_closed_subscribers_left_counts_too(settings: Any, now: datetime) -> None:
    settings.SWEEP_POINTS_MAX = 999
    register("subscriber", now=now, status="closed", closed_at=now)
    ends = now + timedelta(days=30)
    assert expire_points(now=ends - MOMENT) == 0
    with pytest.raises(SweepTooLarge):
        expire_points(now=ends)
    assert wallet("subscriber")["available"] == 1000


def test_the_job_fails_and_the_command_asks(every_lot_lapses: datetime) -> None:
    at = every_lot_lapses.isoformat()
    with pytest.raises(CommandError, match="--points-max 1500"):
        call_command("expire_points", "--as-of", at, "--yes")
    said = io.StringIO()
    call_command("expire_points", "--as-of", at, "--yes", "--points-max", "1500", stdout=said)
    assert said.getvalue().startswith("2 lapsed lots were emptied")
