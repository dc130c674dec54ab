"""Groups of fresh accounts that one person may have made."""

from datetime import datetime, timedelta
from random import Random

import pytest

from accounts.models import Subscriber
from fraud.models import Case, CaseEvent, LookAlikeGroup, LookAlikeMember
from fraud.operations.find_look_alikes import FoundGroups, find_look_alikes
from loyalty.operations.post_charges import post_charges
from loyalty.operations.reserve_points import reserve_points
from tests.books import dump
from tests.factories import charge, invite, register, request
from tests.fraud.stories import DAY, NOW

pytestmark = pytest.mark.django_db


def newcomer(name: str, *, since: datetime, bills: list[int], first: timedelta) -> None:
    """Somebody new who pays these bills, one a day, and redeems after a while."""
    register(name, activated_at=since, now=since)
    for day, amount in enumerate(bills):
        at = since + day * DAY
        post_charges(
            charges=[charge(f"{name}-{day}", name, amount_minor=amount, occurred_at=at)], now=at
        )
    [held] = reserve_points(requests=[request(f"r-{name}", 200, name)], now=since + first)
    assert held.redemption.status == "reserved"


def newcomers(number: int) -> None:
    """Newcomers of all kinds."""
    draw = Random(5)  # noqa: S311 (a test's dice)
    for n in range(number):
        newcomer(
            f"new-{n}",
            since=NOW - draw.uniform(12, 55) * DAY,
            bills=[draw.randint(30_000, 200_000) for _ in range(draw.randint(1, 6))],
            first=draw.uniform(1, 11) * DAY,
        )


def ring(number: int) -> list[str]:
    """Accounts of one evening that pay the same and redeem at once."""
    since = NOW - 8 * DAY
    names = [f"ring-{n}" for n in range(number)]
    for n, name in enumerate(names):
        newcomer(
            name,
            since=since + n * timedelta(minutes=4),
            bills=[50_000 + 100 * n, 50_000],
            first=timedelta(hours=1, minutes=n),
        )
    return names


def test_a_ring_is_found_among_newcomers_and_shown_once() -> None:
    newcomers(40)
    names = ring(6)
    assert find_look_alikes(now=NOW) == FoundGroups(1, 1)
    group = LookAlikeGroup.objects.get()
    members = LookAlikeMember.objects.filter(group=group)
    found = Subscriber.objects.filter(pk__in=members.values("subscriber"))
    assert sorted(found.values_list("external_id", flat=True)) == names
    assert group.size == 6
    assert group.spread_thousandths < 250
    case = Case.objects.get()
    assert (case.queue, case.subject_id) == ("anomaly", "ring-0")
    assert case.value_minor > 0
    said = CaseEvent.objects.get().reason
    assert said == f"6 fresh accounts behave alike: {', '.join(names)}"
    assert find_look_alikes(now=NOW + DAY) == FoundGroups(1, 0)


def test_it_is_done_once_per_moment() -> None:
    newcomers(10)
    ring(6)
    find_look_alikes(now=NOW)
    before = dump()
    assert find_look_alikes(now=NOW) == FoundGroups(0, 0)
    assert dump() == before


def test_newcomers_of_all_kinds_are_no_group() -> None:
    newcomers(40)
    assert find_look_alikes(now=NOW) == FoundGroups(0, 0)


def test_four_are_no_group() -> None:
    newcomers(40)
    ring(4)
    assert find_look_alikes(now=NOW) == FoundGroups(0, 0)


def test_who_has_nothing_to_gain_is_not_grouped() -> None:
    newcomers(40)
    for n in range(8):
        since = NOW - 8 * DAY + n * timedelta(minutes=4)
        register(f"alike-{n}", activated_at=since, now=since)
        post_charges(
            charges=[charge(f"c-{n}", f"alike-{n}", amount_minor=50_000, occurred_at=since)],
            now=since,
        )
    assert find_look_alikes(now=NOW) == FoundGroups(0, 0)


def test_who_has_done_nothing_yet_is_not_grouped() -> None:
    newcomers(40)
    start = NOW - 9 * DAY
    register("inviter", activated_at=start, now=start)
    for n in range(5):
        at = NOW - 8 * DAY + n * timedelta(minutes=4)
        invite("inviter", f"invitee-{n}", referral_id=f"referral-{n}", now=at)
    assert find_look_alikes(now=NOW) == FoundGroups(0, 0)


def test_an_old_ring_is_not_fresh() -> None:
    newcomers(40)
    ring(6)
    assert find_look_alikes(now=NOW + 60 * DAY).groups == 0
