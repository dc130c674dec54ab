"""What a wallet holds, now and as of any past instant."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Subscriber
from accounts.queries.subscribers import NoSuchSubscriber
from loyalty.operations.return_points import release_redemptions
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.queries.statements import OpenLot, wallet_as_of, wallet_now
from tests.factories import give_back, post, register, reserve

pytestmark = pytest.mark.usefixtures("member")

DAY = timedelta(days=1)


def test_lists_every_open_lot_by_its_lapse(now: datetime) -> None:
    post("older", amount_minor=20_000, occurred_at=now - 30 * DAY, now=now)
    post("lapsed", amount_minor=30_000, occurred_at=now - 400 * DAY, now=now)
    statement = wallet_now(external_id="subscriber", now=now)
    assert [lot.points for lot in statement.lots] == [200, 1000]
    assert statement.lots[1] == OpenLot(datetime.fromisoformat("2027-03-07T21:00:00Z"), 1000)
    assert (statement.available, statement.value_minor) == (1200, 1200)
    assert statement.benefit_minor == 1000


def test_shows_an_empty_wallet_to_whoever_has_none(now: datetime) -> None:
    register("new", now=now)
    for statement in (
        wallet_now(external_id="new", now=now),
        wallet_as_of(external_id="new", at=now),
    ):
        assert (statement.available, statement.debt, statement.lots) == (0, 0, ())
        assert statement.tier == "bronze"


def test_knows_nobody_whom_billing_has_not_reported(now: datetime) -> None:
    with pytest.raises(NoSuchSubscriber):
        wallet_now(external_id="nobody", now=now)
    with pytest.raises(NoSuchSubscriber):
        wallet_as_of(external_id="nobody", at=now)


def test_goes_back_to_each_instant(member: Subscriber, now: datetime) -> None:
    reserve("r", 400, now=now)
    give_back("f", "charge", amount_minor=100_000, now=now + DAY)
    release_redemptions(redemption_ids=["r"], now=now + 2 * DAY)
    moment = timedelta(microseconds=1)
    seen = [
        (then.available, then.reserved, then.debt, then.points_redeemed, then.benefit_minor)
        for then in (
            wallet_as_of(external_id="subscriber", at=at)
            for at in (
                now - 11 * DAY,
                now - moment,
                now,
                now + DAY - moment,
                now + DAY,
                now + 2 * DAY - moment,
                now + 2 * DAY,
            )
        )
    ]
    assert seen == [
        (0, 0, 0, 0, 0),
        (1000, 0, 0, 0, 1000),
        (600, 400, 0, 400, 1000),
        (600, 400, 0, 400, 1000),
        (0, 400, 400, 400, 0),
        (0, 400, 400, 400, 0),
        (0, 0, 0, 0, 0),
    ]


def test_shows_what_has_lapsed_since_as_it_was(now: datetime) -> None:
    lapses = datetime.fromisoformat("2027-03-07T21:00:00Z")
    assert wallet_as_of(external_id="subscriber", at=lapses).available == 0
    just_before = lapses - timedelta(microseconds=1)
    assert wallet_as_of(external_id="subscriber", at=just_before).available == 1000


def test_counts_no_benefit_of_a_refund_whose_points_were_revoked_before(now: datetime) -> None:
    opened = datetime.fromisoformat("2026-03-01T06:00:00Z")
    register("brief", now=opened)
    post("short", "brief", amount_minor=70_000, occurred_at=opened, now=opened)
    register("brief", now=opened + timedelta(hours=1), status="closed")
    end = opened + 30 * DAY + timedelta(hours=2)
    assert revoke_closed(now=end) == 1
    assert give_back("f", "short", "brief", amount_minor=70_000, now=end).points_lapsed == 700
    assert wallet_now(external_id="brief", now=end).benefit_minor == 0
    assert wallet_as_of(external_id="brief", at=end).benefit_minor == 0
    assert wallet_as_of(external_id="brief", at=opened).benefit_minor == 700
