"""Posting charges."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Subscriber
from kernel.moments import CLOCK_SKEW
from kernel.refusals import IdReused, Refusal
from loyalty.models import Charge, Payout
from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.operations.post_charges import ChargeOutcome, post_charges
from loyalty.policy.standing import OccurredInTheFuture, SubscriberClosed, UnknownSubscriber
from loyalty.queries.statements import wallet_now
from tests.books import dump, lots, months, moves, news, rows, wallet
from tests.factories import activate, charge, give_back, post, register, reserve
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.usefixtures("subscriber")

DAY = timedelta(days=1)
CAP = 500_000


def test_gives_a_point_per_rouble_in_a_lot_of_its_own(now: datetime) -> None:
    assert post("a", amount_minor=59_990, now=now) == ChargeOutcome("a", points_earned=599)
    assert moves("subscriber") == [("accrual", "issued", "available", 599)]
    assert lots("subscriber") == {1: (599, 599)}
    assert months("subscriber") == {"2026-03": (59_990, 599, 599, 0)}
    prove_laws(now)


def test_keeps_a_charge_that_earns_nothing(now: datetime) -> None:
    assert post("a", amount_minor=99, now=now) == ChargeOutcome("a")
    assert moves("subscriber") == []
    assert months("subscriber") == {"2026-03": (99, 0, 0, 0)}


def test_announces_what_was_earned(now: datetime) -> None:
    post("a", now=now)
    [said] = news("points.accrued")
    assert (said["charge_id"], said["points"], said["subscriber_id"]) == ("a", 1000, "subscriber")


def test_counts_a_charge_in_its_month_in_moscow(now: datetime) -> None:
    for place, at in enumerate(("2026-01-31T20:59:59Z", "2026-01-31T21:30:00Z")):
        post(f"c{place}", occurred_at=datetime.fromisoformat(at), now=now)
    assert sorted(months("subscriber")) == ["2026-01", "2026-02"]


@pytest.mark.parametrize(
    ("occurred_at", "expires_at"),
    [
        ("2026-01-31T21:30:00Z", "2027-02-01T21:00:00Z"),
        ("2026-01-31T20:30:00Z", "2027-01-31T21:00:00Z"),
        ("2025-02-28T12:00:00Z", "2026-02-28T21:00:00Z"),
        ("2024-02-29T12:00:00Z", "2025-02-28T21:00:00Z"),
    ],
)
def test_lets_points_live_from_the_day_of_the_charge(
    occurred_at: str, expires_at: str, now: datetime
) -> None:
    post("a", occurred_at=datetime.fromisoformat(occurred_at), now=now)
    [lot] = rows("SELECT expires_at FROM loyalty_lot")
    assert lot["expires_at"] == datetime.fromisoformat(expires_at)


def test_never_shows_points_of_a_charge_that_came_after_their_life(now: datetime) -> None:
    assert post("a", occurred_at=now - 400 * DAY, now=now).points_earned == 1000
    assert wallet_now(external_id="subscriber", now=now).available == 0
    prove_laws(now)


def test_answers_a_repetition_with_what_the_charge_made(now: datetime, later: datetime) -> None:
    first = post("a", now=now)
    give_back("r", "a", amount_minor=100_000, now=now)
    before = dump()
    assert post("a", now=later) == first._replace(replayed=True)
    assert dump() == before


def test_takes_the_same_instant_in_another_zone_for_the_same(now: datetime) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    post("a", occurred_at=at, now=now)
    elsewhere = datetime.fromisoformat("2026-03-01T15:00:00+03:00")
    assert post("a", occurred_at=elsewhere, now=now).replayed


@pytest.mark.parametrize(
    "other",
    [
        {"amount_minor": 100_001},
        {"kind": "top_up"},
        {"occurred_at": datetime(2026, 3, 15, 12, 0, 0, 1, tzinfo=UTC)},
    ],
)
def test_refuses_an_id_that_meant_something_else(other: dict[str, Any], now: datetime) -> None:
    post("a", now=now)
    before = dump()
    assert isinstance(post("a", now=now, **other).refusal, IdReused)
    assert dump() == before


def test_keeps_ids_of_two_subscribers_apart(now: datetime) -> None:
    register("another", now=now)
    assert post("a", now=now).points_earned == post("a", "another", now=now).points_earned == 1000
    assert Charge.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"subscriber_id": "nobody"}, UnknownSubscriber),
        ({"occurred_at": "now", "ahead": CLOCK_SKEW + timedelta(seconds=1)}, OccurredInTheFuture),
    ],
)
def test_refuses_what_cannot_be_kept(
    said: dict[str, Any], refusal: type[Refusal], now: datetime
) -> None:
    post("before", now=now)
    before = dump()
    ahead = said.pop("ahead", None)
    if ahead is not None:
        said["occurred_at"] = now + ahead
    assert isinstance(post("a", now=now, **said).refusal, refusal)
    assert dump() == before


def test_bears_with_a_clock_that_is_a_little_ahead(now: datetime) -> None:
    assert post("a", occurred_at=now + CLOCK_SKEW, now=now).refusal is None


def test_keeps_earlier_charges_of_a_closed_subscriber_only(now: datetime) -> None:
    closed_at = now - DAY
    register("subscriber", now=now, status="closed", closed_at=closed_at)
    assert post("a", occurred_at=closed_at - timedelta(microseconds=1), now=now).points_earned
    before = dump()
    assert isinstance(post("b", occurred_at=closed_at, now=now).refusal, SubscriberClosed)
    assert dump() == before


def test_lets_a_suspended_subscriber_earn(now: datetime) -> None:
    register("subscriber", now=now, status="suspended")
    assert post("a", now=now).points_earned == 1000


def test_posts_the_good_ones_of_a_list_in_its_order(now: datetime) -> None:
    post("kept", now=now)
    outcomes = post_charges(
        charges=[
            charge("z"),
            charge("a", "nobody"),
            charge("kept"),
            charge("z"),
            charge("z", amount_minor=1),
            charge("b", occurred_at=now + DAY),
            charge("c", amount_minor=200),
        ],
        now=now,
    )
    refusals = [type(outcome.refusal) for outcome in outcomes]
    nothing = type(None)
    assert [outcome.charge_id for outcome in outcomes] == ["z", "a", "kept", "z", "z", "b", "c"]
    assert refusals == [
        nothing, UnknownSubscriber, nothing, nothing, IdReused, OccurredInTheFuture, nothing,
    ]  # fmt: skip
    assert [outcome.replayed for outcome in outcomes] == [False, False, True, True] + [False] * 3
    assert [outcome.points_earned for outcome in outcomes] == [1000, 0, 1000, 1000, 0, 0, 2]
    prove_laws(now)


@pytest.mark.parametrize("length", [1, 39, 40, 41, 300])
def test_writes_a_list_of_any_length(length: int, now: datetime) -> None:
    register("another", now=now)
    who = ("subscriber", "another")
    charges = [
        charge(f'"{n}\\,{{}}', who[n % 2], amount_minor=100 + n, occurred_at=now - n * DAY)
        for n in range(length)
    ]
    outcomes = post_charges(charges=charges, now=now)
    assert [outcome.points_earned for outcome in outcomes] == [
        (100 + n) // 100 for n in range(length)
    ]
    again = post_charges(charges=charges, now=now)
    assert again == [outcome._replace(replayed=True) for outcome in outcomes]
    assert set(Charge.objects.values_list("charge_id", flat=True)) == {c.charge_id for c in charges}
    prove_laws(now)


def test_answers_nothing_to_nothing(now: datetime) -> None:
    assert post_charges(charges=[], now=now) == []


def test_pays_debt_before_it_opens_a_lot(member: Subscriber, now: datetime) -> None:
    reserve("r", 900, now=now)
    give_back("f", "charge", amount_minor=100_000, now=now)
    assert wallet("subscriber")["debt"] == 900
    assert post("a", amount_minor=50_000, now=now) == ChargeOutcome("a", 500, 0, 500)
    assert post("b", amount_minor=50_000, now=now) == ChargeOutcome("b", 500, 0, 400)
    assert post("c", amount_minor=50_000, now=now) == ChargeOutcome("c", 500, 0, 0)
    assert moves("subscriber")[-4:] == [
        ("accrual", "issued", "debt", 500),
        ("accrual", "issued", "debt", 400),
        ("accrual", "issued", "available", 100),
        ("accrual", "issued", "available", 500),
    ]
    prove_laws(now)


def test_sends_to_review_what_exceeds_the_cap_of_a_month(now: datetime) -> None:
    assert post("a", amount_minor=CAP * 100 - 5000, now=now).points_earned == CAP - 50
    assert post("b", amount_minor=10_000, now=now) == ChargeOutcome("b", 50, 50)
    assert post("c", amount_minor=10_000, now=now) == ChargeOutcome("c", 0, 100)
    payout = Payout.objects.get()
    assert (payout.kind, payout.status) == ("cap_excess", "in_review")
    assert (payout.points, payout.value_minor, payout.month) == (150, 150, date(2026, 3, 1))
    assert sum(said["points"] for said in news("payout.held")) == 150
    prove_laws(now)


def test_caps_each_calendar_month_in_moscow_by_itself(now: datetime) -> None:
    last = datetime(2026, 2, 28, 20, 59, tzinfo=UTC)
    first = last + timedelta(minutes=1)
    assert post("a", amount_minor=CAP * 100, occurred_at=last, now=now).points_in_review == 0
    assert post("b", amount_minor=100, occurred_at=last, now=now).points_in_review == 1
    assert post("c", amount_minor=100, occurred_at=first, now=now).points_earned == 1


def test_caps_a_calendar_year(now: datetime) -> None:
    for month in range(1, 7):
        at = datetime(2025, month, 15, tzinfo=UTC)
        assert post(f"m{month}", amount_minor=CAP * 100, occurred_at=at, now=now).points_earned
    late = datetime(2025, 12, 31, 20, 59, tzinfo=UTC)
    assert post("late", occurred_at=late, now=now) == ChargeOutcome("late", 0, 1000)
    new_year = late + timedelta(minutes=1)
    assert post("new", occurred_at=new_year, now=now) == ChargeOutcome("new", 1000, 0)
    prove_laws(now)


def test_caps_a_lifetime(now: datetime) -> None:
    charges = [
        charge(
            f"m{n}",
            amount_minor=CAP * 100,
            occurred_at=datetime(2022 + n // 6, n % 6 + 1, 9, tzinfo=UTC),
        )
        for n in range(20)
    ]
    assert all(each.points_earned == CAP for each in post_charges(charges=charges, now=now))
    assert post("more", now=now) == ChargeOutcome("more", 0, 1000)
    prove_laws(now)


def test_gives_the_room_of_a_cap_back_with_a_refund(now: datetime) -> None:
    post("a", amount_minor=CAP * 100, now=now)
    give_back("r", "a", amount_minor=10_000, now=now)
    assert post("b", amount_minor=15_000, now=now) == ChargeOutcome("b", 100, 50)
    prove_laws(now)


def test_earns_by_the_tier_in_force_when_the_charge_occurred(now: datetime) -> None:
    opened = datetime(2026, 1, 10, tzinfo=UTC)
    post("paid", amount_minor=700_000, occurred_at=opened, now=opened)
    evaluate_tiers(now=datetime(2026, 2, 2, tzinfo=UTC))
    silver_since = datetime(2026, 1, 31, 21, tzinfo=UTC)
    before = post("before", occurred_at=silver_since - timedelta(microseconds=1), now=now)
    assert before.points_earned == 1000
    assert post("after", occurred_at=silver_since, now=now).points_earned == 1250
    prove_laws(now)


def test_earns_by_the_terms_in_force_when_the_charge_occurred(now: datetime) -> None:
    activate({"points_per_rouble": "2"}, effective_from=now, now=now)
    assert (
        post("before", occurred_at=now - timedelta(microseconds=1), now=now).points_earned == 1000
    )
    assert post("after", occurred_at=now, now=now).points_earned == 2000
    assert list(Charge.objects.order_by("charge_id").values_list("terms", flat=True)) == [2, 1]


def test_never_dates_an_entry_before_the_last_one(now: datetime, later: datetime) -> None:
    post("a", now=later)
    post("b", now=now)
    posted = [
        row["posted_at"] for row in rows("SELECT posted_at FROM loyalty_entry ORDER BY number")
    ]
    assert posted == [later, later]


def test_applies_a_refund_that_came_before(now: datetime) -> None:
    assert give_back("early", "a", amount_minor=40_050, now=now).status == "waiting"
    assert wallet("subscriber")["waiting_refunds"] == 1
    assert post("a", now=now).points_earned == 1000
    assert lots("subscriber") == {1: (1000, 599)}
    assert months("subscriber") == {"2026-03": (59_950, 599, 599, 0)}
    assert [said["refund_id"] for said in news("points.refunded")] == ["early"]
    prove_laws(now)


def test_rejects_a_refund_that_came_before_and_exceeds_the_charge(now: datetime) -> None:
    give_back("whole", "a", amount_minor=100_000, now=now)
    give_back("more", "a", amount_minor=1, now=now + timedelta(seconds=1))
    post("a", now=now + DAY)
    assert give_back("whole", "a", amount_minor=100_000, now=now + DAY).status == "applied"
    assert give_back("more", "a", amount_minor=1, now=now + DAY).status == "rejected"
    assert lots("subscriber") == {1: (1000, 0)}
    prove_laws(now + DAY)


def test_keeps_a_charge_of_whoever_is_not_enrolled(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty.operations import post_charges as module

    monkeypatch.setattr(module, "enrolled_among", lambda _: frozenset())
    assert post("a", now=now) == ChargeOutcome("a")
    assert months("subscriber") == {"2026-03": (100_000, 0, 0, 0)}
