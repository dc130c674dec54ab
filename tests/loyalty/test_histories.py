"""The laws of money hold along random histories, whatever is repeated, split or reordered."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from loyalty.operations.post_refunds import post_refunds
from loyalty.operations.reserve_points import reserve_points
from loyalty.operations.reverse_refunds import ReversalItem, reverse_refunds
from loyalty.policy.terms import CHARGE_KINDS
from loyalty.queries.statements import WalletStatement, wallet_as_of, wallet_now
from tests.books import dump, months, rows, wallet
from tests.factories import give_back, post
from tests.loyalty.histories import (
    BEGINNING,
    EVERYTHING,
    LATER,
    PEOPLE,
    TIGHT,
    Step,
    World,
    steps,
)
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.django_db

# Each example is a history of dozens of transactions.
few = settings(max_examples=max(20, settings().max_examples // 3))

TERMS = (
    (TIGHT, datetime.min.replace(tzinfo=BEGINNING.tzinfo)),
    (LATER, BEGINNING.replace(month=7, day=1)),
)


@contextmanager
def forgotten() -> Iterator[None]:
    """What happens inside never happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def statements(world: World) -> dict[str, WalletStatement]:
    return {person: wallet_now(external_id=person, now=world.now) for person in PEOPLE}


def payouts_of(person: str) -> list[dict[str, object]]:
    return rows(
        "SELECT p.month, p.points, p.value_minor FROM loyalty_payout p"
        " JOIN accounts_subscriber s ON s.id = p.subscriber_id"
        " WHERE s.external_id = %s AND p.points > 0 ORDER BY 1",
        person,
    )


def shown(statement: WalletStatement) -> tuple[object, ...]:
    """What a statement says, apart from the tier, which is dated back to its month."""
    return (
        statement.available,
        statement.pending,
        statement.reserved,
        statement.debt,
        statement.benefit_minor,
        statement.points_redeemed,
        statement.lots,
    )


@few
@given(history=steps(EVERYTHING))
def test_every_step_keeps_every_law_and_a_refused_one_changes_nothing(history: list[Step]) -> None:
    with forgotten():
        world = World.begun(*TERMS)
        before = dump(without=("loyalty_wallet",))
        for step in history:
            refusal = world.take(step)
            prove_laws(world.now)
            after = dump(without=("loyalty_wallet",))
            assert refusal is None or after == before
            before = after


@few
@given(history=steps(EVERYTHING))
def test_any_past_statement_can_be_read_again(history: list[Step]) -> None:
    with forgotten():
        world = World.begun(*TERMS)
        remembered: list[tuple[datetime, dict[str, WalletStatement]]] = []
        for step in history:
            world.take(step)
            remembered.append((world.now, statements(world)))
        for at, then in remembered:
            for person in PEOPLE:
                again = wallet_as_of(external_id=person, at=at)
                assert shown(again) == shown(then[person])


@few
@given(history=steps(EVERYTHING))
def test_replaying_everything_changes_nothing(history: list[Step]) -> None:
    with forgotten():
        world = World.begun(*TERMS)
        for step in history:
            world.take(step)
        before = dump()
        for outcome in post_charges(charges=world.charges, now=world.now):
            assert outcome.replayed
        for charge in world.charges[::-1]:
            [again] = post_charges(charges=[charge], now=world.now)
            first = world.answers["charge", charge.charge_id, charge.subscriber_id]
            assert again == first._replace(replayed=True)
        for refund in world.refunds:
            [given_back] = post_refunds(refunds=[refund], now=world.now)
            answer = world.answers["refund", refund.refund_id]
            assert given_back.replayed
            assert given_back.refusal is None
            if refund.refund_id in world.won:
                assert given_back.status == "reversed"
                item = ReversalItem(refund.refund_id, refund.subscriber_id)
                assert reverse_refunds(reversals=[item], now=world.now)[0].replayed
            elif answer.status == "applied":
                assert given_back == answer._replace(replayed=True)
        for asked in world.redemptions:
            [redemption] = reserve_points(requests=[asked], now=world.now)
            assert redemption.replayed
        assert dump() == before


WITHOUT_THE_SWEEP = {
    name: weight for name, weight in EVERYTHING.items() if name not in ("expire", "revoke")
}


@few
@given(history=steps(WITHOUT_THE_SWEEP), sweeps=st.sets(st.integers(0, 27)))
def test_when_lots_are_swept_makes_no_difference_to_what_can_be_spent(
    history: list[Step], sweeps: set[int]
) -> None:
    seen = []
    for swept_after in (set(), sweeps, set(range(28))):
        with forgotten():
            world = World.begun(*TERMS)
            told: list[object] = []
            for place, step in enumerate(history):
                told.append(type(world.take(step)))
                if place in swept_after:
                    expire_points(now=world.now)
                told.append([shown(each) for each in statements(world).values()])
            prove_laws(world.now)
            seen.append(told)
    assert seen[0] == seen[1] == seen[2]


@few
@given(
    amounts=st.lists(st.integers(1, 400_000), min_size=2, max_size=7),
    data=st.data(),
)
def test_charges_of_a_month_in_any_order_leave_the_same_month(
    amounts: list[int], data: st.DataObject
) -> None:
    places = list(range(len(amounts)))
    seen = []
    for order in (places, data.draw(st.permutations(places))):
        with forgotten():
            world = World.begun(*TERMS)
            for place in order:
                post(
                    f"c{place}",
                    "ann",
                    amount_minor=amounts[place],
                    kind=CHARGE_KINDS[place % 3],
                    occurred_at=BEGINNING - timedelta(days=place, hours=1),
                    now=world.now,
                )
            prove_laws(world.now)
            seen.append((months("ann"), wallet("ann")["available"], payouts_of("ann")))
    assert seen[0] == seen[1]


@few
@given(
    before=steps(WITHOUT_THE_SWEEP),
    cuts=st.sets(st.integers(1, 250_049), max_size=5),
    other_cuts=st.sets(st.integers(1, 250_049), max_size=5),
    swept=st.booleans(),
)
def test_a_refund_split_in_any_way_ends_in_the_same_wallet(
    before: list[Step], cuts: set[int], other_cuts: set[int], swept: bool
) -> None:
    amount_minor = 250_050
    seen = []
    for split in (cuts, other_cuts):
        with forgotten():
            world = World.begun(*TERMS)
            for step in before:
                world.take(step._replace(person=0))
                if len(world.charges) == 2 and "whole" not in world.posted:
                    world.posted.add("whole")
                    post(
                        "whole",
                        "ann",
                        amount_minor=amount_minor,
                        now=world.now,
                        occurred_at=world.now - timedelta(days=1),
                    )
            if swept:
                expire_points(now=world.now)
            edges = [0, *sorted(split), amount_minor]
            for place, (low, high) in enumerate(pairwise(edges)):
                give_back(
                    f"part{place}",
                    "whole",
                    "ann",
                    amount_minor=high - low,
                    now=world.now,
                    occurred_at=world.now,
                )
            prove_laws(world.now)
            seen.append((statements(world)["ann"], months("ann"), payouts_of("ann")))
    assert seen[0] == seen[1]
