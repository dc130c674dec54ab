"""Points that will lapse are announced, once for each notice."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from loyalty.models import Lot
from loyalty.operations.announce_expiring import announce_expiring
from loyalty.policy.expiry import NOTICE_DAYS, notice_of
from tests.books import dump, news
from tests.factories import post, register, reserve

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def lapses_at(subscriber_id: str = "ann") -> datetime:
    return Lot.objects.get(subscriber__external_id=subscriber_id).expires_at


@pytest.fixture
def ann(now: datetime) -> str:
    register("ann", now=now - 30 * DAY)
    post("c", "ann", amount_minor=100_000, occurred_at=now, now=now)
    return "ann"


def test_no_moment_has_two_notices_or_none(now: datetime) -> None:
    windows = sorted((notice_of(days, now) for days in NOTICE_DAYS), key=lambda each: each.until)
    assert windows[0].after == now
    assert all(a.until == b.after for a, b in pairwise(windows))


def test_announces_a_lot_thirty_and_seven_days_before(ann: str) -> None:
    at = lapses_at()
    assert announce_expiring(now=at - 31 * DAY) == 0
    assert announce_expiring(now=at - 30 * DAY) == 1
    assert announce_expiring(now=at - 8 * DAY) == 0
    assert announce_expiring(now=at - 7 * DAY) == 1
    said = {"subscriber_id": ann, "lot": 1, "points": 1000}
    assert [{**item, "expires_at": None} for item in news("points.expiring")] == [
        {**said, "expires_at": None, "days": days} for days in (30, 7)
    ]


def test_a_second_run_changes_nothing(ann: str) -> None:
    announce_expiring(now=lapses_at() - 20 * DAY)
    before = dump()
    assert announce_expiring(now=lapses_at() - 20 * DAY) == 0
    assert dump() == before


def test_a_lot_that_nobody_announced_in_time_gets_the_short_notice_only(ann: str) -> None:
    assert announce_expiring(now=lapses_at() - DAY) == 1
    assert [item["days"] for item in news("points.expiring")] == [7]


def test_says_nothing_of_what_has_lapsed_or_is_spent(ann: str, now: datetime) -> None:
    assert announce_expiring(now=lapses_at()) == 0
    reserve("r", 1000, subscriber_id=ann, now=now)
    assert announce_expiring(now=lapses_at() - DAY) == 0


def test_says_nothing_to_those_who_left(ann: str, now: datetime) -> None:
    register(ann, status="closed", closed_at=now + DAY, now=now + DAY)
    assert announce_expiring(now=lapses_at() - DAY) == 0


def test_pages_of_one_lot_miss_none(now: datetime) -> None:
    names = [f"subscriber {number}" for number in range(5)]
    for name in names:
        register(name, now=now - 30 * DAY)
        post(f"charge of {name}", name, amount_minor=100_000, occurred_at=now, now=now)
    assert announce_expiring(now=lapses_at(names[0]) - DAY, lots_per_page=1) == 5
    assert {item["subscriber_id"] for item in news("points.expiring")} == set(names)
