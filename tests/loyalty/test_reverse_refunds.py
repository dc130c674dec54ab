"""Reversing refunds: points, revenue and room come back to where they were, once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from loyalty.operations.return_points import release_redemptions
from loyalty.operations.reverse_refunds import ReversalItem, ReversalOutcome, reverse_refunds
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.refunds import RefundAboveCharge, ReversedBeforeRefund, UnknownRefund
from loyalty.policy.standing import OccurredInTheFuture
from loyalty.queries.statements import wallet_as_of, wallet_now
from tests.books import dump, lots, months, moves, news, rows, wallet
from tests.factories import charge, give_back, post, register, reserve
from tests.loyalty.histories import BEGINNING, TIGHT, World
from tests.loyalty.laws import prove_laws
from tests.loyalty.test_histories import forgotten

pytestmark = pytest.mark.usefixtures("subscriber")

DAY = timedelta(days=1)
few = settings(max_examples=max(25, settings().max_examples // 2))


def reverse(refund_id: str = "f", *, now: datetime, **said: Any) -> ReversalOutcome:
    item = ReversalItem(refund_id, **{"subscriber_id": "subscriber", **said})
    [outcome] = reverse_refunds(reversals=[item], now=now)
    return outcome


def state() -> tuple[object, ...]:
    """What a wallet is worth, apart from how it came to be."""
    held = wallet("subscriber")
    balances = ("pending", "available", "reserved", "debt", "redeemed", "benefit_life_minor")
    charges = rows(
        "SELECT charge_id, refunded_minor, points_waiting, points_cleared, points_declined"
        " FROM loyalty_charge ORDER BY 1"
    )
    open_lots = rows(
        "SELECT expires_at, sum(remaining) AS left FROM loyalty_lot WHERE remaining > 0"
        " GROUP BY 1 ORDER BY 1"
    )
    waiting = rows("SELECT month, points FROM loyalty_payout WHERE points > 0")
    return {n: held[n] for n in balances}, charges, open_lots, months("subscriber"), waiting


def holds(now: datetime) -> None:
    prove_laws(now)
    report = audit_ledger(now=now)
    assert report.holds, [report.line(fault) for fault in report.faults]


def spend(points: int, *, now: datetime, name: str = "r") -> None:
    reserve(name, points, now=now)
    settle_redemptions(redemption_ids=[name], credit_reference="c", now=now)


@pytest.fixture
def charged(subscriber: Any, now: datetime) -> None:
    post("charge", occurred_at=now - 2 * DAY, now=now - DAY)


def _nothing(now: datetime) -> None:
    """Nothing happens between the charge and its refund."""


def _some_spent(now: datetime) -> None:
    spend(700, now=now)


def _all_spent(now: datetime) -> None:
    spend(1000, now=now)


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize("before", [_nothing, _some_spent, _all_spent])
@pytest.mark.parametrize("amount_minor", [1, 40_000, 99_999, 100_000])
@pytest.mark.parametrize("reason", ["refund", "chargeback"])
def test_everything_is_as_if_the_refund_had_not_been(
    before: Callable[[datetime], None], amount_minor: int, reason: str, now: datetime
) -> None:
    before(now)
    as_before = state()
    give_back(
        "f", "charge", amount_minor=amount_minor, reason=reason, occurred_at=now, now=now + DAY
    )
    assert state() != as_before
    outcome = reverse(now=now + 2 * DAY)
    assert (outcome.refusal, outcome.replayed, outcome.charge_id) == (None, False, "charge")
    assert state() == as_before
    holds(now + 2 * DAY)


@pytest.mark.usefixtures("charged")
def test_entries_are_mirrored_and_announced(now: datetime) -> None:
    spend(700, now=now)
    give_back("f", "charge", amount_minor=100_000, reason="chargeback", occurred_at=now, now=now)
    outcome = reverse(now=now + DAY, reason="The bank decided for us")
    assert (outcome.points_restored, outcome.debt_cancelled) == (300, 700)
    assert moves("subscriber")[-2:] == [
        ("restoration", "revoked", "debt", 700),
        ("restoration", "revoked", "available", 300),
    ]
    mirrored = rows(
        "SELECT cause_type, cause_id, reverses FROM loyalty_entry WHERE kind = 'restoration'"
        " ORDER BY number"
    )
    assert [tuple(row.values()) for row in mirrored] == [("refund", "f", 5), ("refund", "f", 4)]
    assert news("points.refund_reversed") == [
        {
            "subscriber_id": "subscriber", "refund_id": "f", "charge_id": "charge",
            "reason": "chargeback", "points": 1000, "debt_cancelled": 700,
        }
    ]  # fmt: skip
    [kept] = rows("SELECT status, reversal_reason, reversed_at FROM loyalty_refund")
    assert kept == {
        "status": "reversed",
        "reversal_reason": "The bank decided for us",
        "reversed_at": now + DAY,
    }  # fmt: skip


@pytest.mark.usefixtures("charged")
def test_a_repeat_is_a_replay(now: datetime) -> None:
    give_back("f", "charge", amount_minor=33_333, occurred_at=now, now=now)
    first = reverse(now=now, reason="won")
    before = dump()
    for said in ({}, {"reason": "other"}, {"occurred_at": now + 30 * DAY}):
        assert reverse(now=now + DAY, **said) == first._replace(replayed=True)
    again = give_back("f", "charge", amount_minor=33_333, occurred_at=now, now=now + DAY)
    assert (again.replayed, again.status) == (True, "reversed")
    assert dump() == before


@pytest.mark.usefixtures("charged")
def test_twice_in_a_list_is_once(now: datetime) -> None:
    give_back("f", "charge", amount_minor=33_333, occurred_at=now, now=now)
    item = ReversalItem("f", "subscriber")
    first, second = reverse_refunds(reversals=[item, item], now=now)
    assert second == first._replace(replayed=True)
    assert not first.replayed
    holds(now)


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"refund_id": "other"}, UnknownRefund),
        ({"subscriber_id": "nobody"}, UnknownRefund),
        ({"subscriber_id": "stranger"}, UnknownRefund),
        ({"ahead": CLOCK_SKEW + timedelta(microseconds=1)}, OccurredInTheFuture),
        ({"ahead": -timedelta(microseconds=1)}, ReversedBeforeRefund),
    ],
)
def test_refuses_what_cannot_be(
    said: dict[str, Any], refusal: type[Refusal], now: datetime
) -> None:
    register("stranger", now=now)
    give_back("f", "charge", amount_minor=100, occurred_at=now, now=now)
    before = dump()
    ahead = said.pop("ahead", None)
    if ahead is not None:
        said["occurred_at"] = now + ahead
    assert isinstance(reverse(now=now, **said).refusal, refusal)
    assert dump() == before


def test_one_that_waits_is_never_applied(now: datetime) -> None:
    assert give_back("f", "late", now=now, occurred_at=now).status == "waiting"
    outcome = reverse(now=now)
    assert (outcome.points_restored, outcome.debt_cancelled) == (0, 0)
    assert wallet("subscriber")["waiting_refunds"] == 0
    assert post("late", occurred_at=now, now=now).points_earned == 1000
    assert wallet("subscriber")["available"] == 1000
    holds(now)


def test_one_that_was_rejected_moves_nothing(now: datetime) -> None:
    give_back("f", "late", amount_minor=200_000, now=now, occurred_at=now)
    post("late", occurred_at=now, now=now)
    before = state()
    assert reverse(now=now).refusal is None
    assert state() == before
    holds(now)


@pytest.mark.usefixtures("charged")
def test_the_charge_can_be_refunded_again(now: datetime) -> None:
    give_back("f", "charge", amount_minor=100_000, occurred_at=now, now=now)
    above = give_back("g", "charge", amount_minor=1, occurred_at=now, now=now)
    assert isinstance(above.refusal, RefundAboveCharge)
    reverse(now=now)
    assert give_back("g", "charge", amount_minor=100_000, occurred_at=now, now=now).points_revoked
    assert wallet("subscriber")["available"] == 0
    reverse("g", now=now)
    assert wallet("subscriber")["available"] == 1000
    holds(now)


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize("is_swept", [False, True])
def test_points_whose_lot_has_lapsed_come_back_to_it_and_lapse(
    is_swept: bool, now: datetime
) -> None:
    give_back("f", "charge", amount_minor=40_000, occurred_at=now, now=now)
    later = now + 500 * DAY
    if is_swept:
        expire_points(now=later)
    reverse(now=later)
    assert wallet_now(external_id="subscriber", now=later).available == 0
    expire_points(now=later)
    assert (wallet("subscriber")["available"], wallet("subscriber")["expired"]) == (0, 1000)
    # What lapsed unspent is not taken a second time.
    again = give_back("g", "charge", amount_minor=100_000, occurred_at=later, now=later)
    assert (again.points_lapsed, again.points_to_debt) == (1000, 0)
    holds(later)


@pytest.mark.usefixtures("charged")
def test_what_had_lapsed_unspent_can_be_counted_again(now: datetime) -> None:
    later = now + 500 * DAY
    expire_points(now=later)
    first = give_back("f", "charge", amount_minor=100_000, occurred_at=later, now=later)
    reverse(now=later)
    second = give_back("g", "charge", amount_minor=100_000, occurred_at=later, now=later)
    assert first.points_lapsed == second.points_lapsed == 1000
    holds(later)


@pytest.mark.usefixtures("charged")
def test_debt_that_was_paid_comes_back_as_what_paid_it(now: datetime) -> None:
    spend(1000, now=now)
    give_back("f", "charge", amount_minor=100_000, occurred_at=now, now=now)
    for n, (amount, days) in enumerate(((60_000, 30), (90_000, 60))):
        at = now + days * DAY
        post(f"later{n}", amount_minor=amount, occurred_at=at, now=at)
    assert wallet("subscriber")["available"] == 500
    with_refund = wallet_now(external_id="subscriber", now=now + 61 * DAY).lots
    reverse(now=now + 61 * DAY)
    held = wallet_now(external_id="subscriber", now=now + 61 * DAY)
    # As if the points of both had never been needed for the debt.
    by_expiry: dict[datetime, int] = {}
    for lot in held.lots:
        by_expiry[lot.expires_at] = by_expiry.get(lot.expires_at, 0) + lot.points
    assert sorted(by_expiry.values()) == [600, 900]
    assert with_refund[0].expires_at in by_expiry
    assert (held.debt, held.available) == (0, 1500)
    holds(now + 61 * DAY)


@pytest.mark.usefixtures("charged")
def test_each_payment_of_debt_is_returned_once(now: datetime) -> None:
    post("other", amount_minor=50_000, occurred_at=now - 2 * DAY, now=now - DAY)
    spend(1500, now=now)
    give_back("f", "charge", amount_minor=100_000, occurred_at=now, now=now)
    give_back("g", "other", amount_minor=50_000, occurred_at=now, now=now)
    for n in range(3):
        at = now + (n + 1) * 30 * DAY
        post(f"later{n}", amount_minor=60_000, occurred_at=at, now=at)
    later = now + 100 * DAY
    for name in ("g", "f"):
        reverse(name, now=later)
        holds(later)
    left = sorted(lot.points for lot in wallet_now(external_id="subscriber", now=later).lots)
    assert sum(left) == 1800
    expiries = {lot.expires_at for lot in wallet_now(external_id="subscriber", now=later).lots}
    assert len(expiries) == 3


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("amount_minor", [40_000, 100_000, 150_000])
def test_what_came_back_and_lapsed_is_not_taken_a_second_time(
    amount_minor: int, is_swept: bool, now: datetime
) -> None:
    """The payer's points are its own, in whichever lot they lapsed."""
    spend(1000, now=now)
    give_back("f", "charge", amount_minor=100_000, occurred_at=now, now=now)
    post("payer", amount_minor=amount_minor, occurred_at=now, now=now)
    reverse(now=now + DAY)
    points = amount_minor // 100
    assert wallet_now(external_id="subscriber", now=now + DAY).available == points
    later = now + 500 * DAY
    post("fresh", occurred_at=later, now=later)
    if is_swept:
        expire_points(now=later)
    half = give_back("g", "payer", amount_minor=amount_minor // 2, occurred_at=later, now=later)
    rest = give_back("h", "payer", amount_minor=amount_minor // 2, occurred_at=later, now=later)
    assert (half.points_lapsed, rest.points_lapsed) == (points // 2, points // 2)
    assert wallet_now(external_id="subscriber", now=later).available == 1000
    assert wallet("subscriber")["debt"] == 0
    holds(later)
    reverse("h", now=later)
    again = give_back("i", "payer", amount_minor=amount_minor // 2, occurred_at=later, now=later)
    assert again.points_lapsed == points // 2
    holds(later)


def _paid_from_two_lots(now: datetime) -> None:
    """Debt of 600, paid by what came back of a redemption from lots of 400 and 500."""
    post("first", amount_minor=40_000, occurred_at=now - 3 * DAY, now=now - 3 * DAY)
    post("second", amount_minor=50_000, occurred_at=now - 2 * DAY, now=now - 2 * DAY)
    post("spent", amount_minor=60_000, occurred_at=now - DAY, now=now - DAY)
    reserve("held", 900, now=now)
    spend(600, now=now)
    give_back("f", "spent", amount_minor=60_000, occurred_at=now, now=now)
    release_redemptions(redemption_ids=["held"], now=now)
    assert (wallet("subscriber")["debt"], wallet("subscriber")["available"]) == (0, 300)


@pytest.mark.parametrize("is_swept", [False, True])
def test_what_came_back_of_several_lots_lapses_as_that_of_their_charges(
    is_swept: bool, now: datetime
) -> None:
    _paid_from_two_lots(now)
    reverse(now=now + DAY)
    later = now + 500 * DAY
    post("fresh", occurred_at=later, now=later)
    if is_swept:
        expire_points(now=later)
    first = give_back("g", "first", amount_minor=40_000, occurred_at=later, now=later)
    second = give_back("h", "second", amount_minor=50_000, occurred_at=later, now=later)
    assert (first.points_lapsed, second.points_lapsed) == (400, 500)
    spent = give_back("i", "spent", amount_minor=60_000, occurred_at=later, now=later)
    assert (spent.points_lapsed, spent.points_revoked) == (0, 600)
    holds(later)


@pytest.mark.usefixtures("charged")
def test_points_that_come_back_pay_what_is_owed(now: datetime) -> None:
    post("other", amount_minor=50_000, occurred_at=now - DAY, now=now - DAY)
    give_back("f", "charge", amount_minor=100_000, occurred_at=now, now=now)
    spend(500, now=now)
    give_back("g", "other", amount_minor=50_000, occurred_at=now, now=now)
    assert wallet("subscriber")["debt"] == 500
    reverse(now=now)
    assert (wallet("subscriber")["available"], wallet("subscriber")["debt"]) == (500, 0)
    assert moves("subscriber")[-1] == ("debt_payment", "available", "debt", 500)
    holds(now)


@pytest.mark.usefixtures("charged")
def test_what_is_owed_is_paid_from_what_lapses_first(now: datetime) -> None:
    post("older", amount_minor=30_000, occurred_at=now - 20 * DAY, now=now - DAY)
    post("oldest", amount_minor=40_000, occurred_at=now - 30 * DAY, now=now - DAY)
    spend(400, now=now)
    give_back("f", "oldest", amount_minor=40_000, occurred_at=now, now=now)
    assert lots("subscriber") == {1: (1000, 900), 2: (300, 0), 3: (400, 0)}
    spend(900, now=now, name="rest")
    give_back("g", "charge", amount_minor=20_000, occurred_at=now, now=now)
    reverse(now=now)
    assert lots("subscriber") == {1: (1000, 100), 2: (300, 100), 3: (400, 0)}
    assert wallet("subscriber")["debt"] == 0
    holds(now)


def test_past_statements_stay_as_they_were(now: datetime, charged: None) -> None:
    give_back("f", "charge", amount_minor=40_000, occurred_at=now, now=now)
    then = wallet_now(external_id="subscriber", now=now + timedelta(hours=1))
    reverse(now=now + DAY)
    again = wallet_as_of(external_id="subscriber", at=then.at)
    assert (again.available, again.benefit_minor, again.lots) == (
        then.available, then.benefit_minor, then.lots,
    )  # fmt: skip


def test_what_waited_above_a_cap_waits_again(now: datetime) -> None:
    post("big", amount_minor=70_000_000, occurred_at=now - DAY, now=now - DAY)
    as_before = state()
    taken = give_back("f", "big", amount_minor=70_000_000, occurred_at=now, now=now)
    assert taken.points_from_review == 200_000
    assert reverse(now=now).points_to_review == 200_000
    assert state() == as_before
    holds(now)


@few
@given(
    amount=st.integers(2, 3_000),
    cuts=st.lists(st.integers(1, 1_200), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
    spent=st.booleans(),
    tight=st.booleans(),
)
def test_points_are_the_rule_on_the_net_amount_whatever_is_reversed(
    amount: int, cuts: list[int], order: Any, spent: bool, tight: bool
) -> None:
    """Refunds of parts of a point, reversed in any order: each state is the rule's."""
    with forgotten():
        world = World.begun((TIGHT, datetime.min.replace(tzinfo=BEGINNING.tzinfo)))
        now = world.now + DAY
        if tight:
            post_charges(
                charges=[charge("full", "ann", amount_minor=10_099_950, occurred_at=now)], now=now
            )
        post("c", "ann", amount_minor=amount, kind="renewal", occurred_at=now, now=now)
        if spent:
            left = min(50_000, wallet_now(external_id="ann", now=now).available)
            if left >= 100:
                reserve("r", left, "ann", now=now)
        made = []
        for place, cut in enumerate(cuts):
            outcome = give_back(f"f{place}", "c", "ann", amount_minor=cut, occurred_at=now, now=now)
            if outcome.refusal is None:
                made.append(f"f{place}")
            prove_laws(now)
        order.shuffle(made)
        for name in made:
            [undone] = reverse_refunds(reversals=[ReversalItem(name, "ann")], now=now)
            assert undone.refusal is None
            prove_laws(now)
        report = audit_ledger(now=now)
        assert report.holds, [report.line(fault) for fault in report.faults]


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE loyalty_refund SET points_revoked = 1 WHERE refund_id = 'f'", "revoked"),
        ("UPDATE loyalty_refund SET kept_earned = 1", "kept_earned"),
        ("UPDATE loyalty_refund SET reversed_at = reversed_at + interval '1 s'", "reversed_at"),
        ("UPDATE loyalty_charge SET refunded_minor = 40000", "refunded_minor"),
        ("UPDATE loyalty_subscribermonth SET revenue_minor = 1", "revenue_minor"),
    ],
)
def test_the_audit_notices_what_a_reversal_did_not_do(sql: str, said: str, now: datetime) -> None:
    give_back("f", "charge", amount_minor=40_000, occurred_at=now, now=now)
    reverse(now=now)
    holds(now)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
    report = audit_ledger(now=now)
    assert any(said in report.line(fault) for fault in report.faults)
    assert lots("subscriber")
