"""Two at once: one wins, the other waits, is answered or is refused, and the books stay whole."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import StatusPeriod, Subscriber
from accounts.operations import put_subscriber_if, put_subscribers
from accounts.policy.reports import StaleReport
from accounts.queries.tags import tags_of
from doors.retries import FOR_A_CALLER, retried
from kernel.preconditions import Condition, Tags
from kernel.refusals import IdReused, PreconditionFailed
from loyalty.ledger.books import lock_books
from loyalty.models import Redemption, Wallet
from loyalty.operations.change_terms import draft_terms
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import ChargeOutcome, post_charges
from loyalty.operations.return_points import lapse_reservations, release_redemptions
from loyalty.operations.reverse_refunds import ReversalItem, reverse_refunds
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.redemptions import (
    InsufficientPoints,
    NotReserved,
    RedemptionCapReached,
    ReservationLapsed,
)
from loyalty.queries.statements import wallet_now
from tests.books import moves, wallet
from tests.factories import charge, give_back, item, post, register, reserve
from tests.loyalty.laws import prove_laws
from tests.races.conftest import errors

Run = Callable[..., list[Any]]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_charge_from_sixteen_threads_is_posted_once(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    outcomes = at_once(*[partial(post, "same", "ann", now=now)] * 16)
    assert errors(outcomes) == []
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * 15
    assert {outcome._replace(replayed=False) for outcome in outcomes} == {
        ChargeOutcome("same", points_earned=1000)
    }
    assert wallet("ann")["available"] == 2000
    prove_laws(now)


def test_fifty_redemptions_at_once_spend_no_more_than_there_is(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    results = at_once(*(partial(reserve, f"r{n}", 150, "ann", now=now) for n in range(50)))
    refused = errors(results)
    assert {type(error) for error in refused} == {InsufficientPoints}
    assert len(refused) == 44
    assert (wallet("ann")["available"], wallet("ann")["reserved"]) == (100, 900)
    prove_laws(now)


def test_redemptions_at_once_keep_to_the_cap(at_once: Run, now: datetime) -> None:
    register("ann", now=now - timedelta(days=60))
    for n in (0, 40):
        post(f"c{n}", "ann", amount_minor=40_000_000, occurred_at=now - timedelta(days=n), now=now)
    asked = [partial(reserve, f"r{n}", 120_000, "ann", now=now) for n in range(6)]
    results = at_once(*asked)
    assert [type(error) for error in errors(results)] == [RedemptionCapReached] * 2
    prove_laws(now)


def test_batches_in_opposite_orders_never_wait_in_a_circle(
    at_once: Run, committed: None, now: datetime
) -> None:
    names = [f"s{n}" for n in range(40)]
    put_subscribers(subscribers=[item(subscriber_id=name) for name in names], now=now)
    post_charges(charges=[charge("old", name) for name in names[::2]], now=now)

    def batch(batch_id: int) -> list[ChargeOutcome]:
        ordered = names if batch_id % 2 else names[::-1]
        return post_charges(charges=[charge(f"b{batch_id}", name) for name in ordered], now=now)

    results = at_once(*(partial(batch, n) for n in range(6)))
    assert errors(results) == []
    assert all(outcome.points_earned == 1000 for outcomes in results for outcome in outcomes)
    prove_laws(now)


def test_overlapping_batches_post_each_charge_once(at_once: Run, now: datetime) -> None:
    names = [f"s{n}" for n in range(30)]
    put_subscribers(subscribers=[item(subscriber_id=name) for name in names], now=now)
    charges = [charge("same", name) for name in names]
    results = at_once(
        *(partial(post_charges, charges=charges[::step], now=now) for step in (1, -1, 1, -1))
    )
    assert errors(results) == []
    posted = [outcome for outcomes in results for outcome in outcomes if not outcome.replayed]
    assert len(posted) == len(names)
    prove_laws(now)


def test_settling_and_releasing_at_once_let_one_of_them_win(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    for n in range(6):
        name = f"r{n}"
        reserve(name, 100, "ann", now=now)
        results = at_once(
            partial(settle_redemptions, redemption_ids=[name], now=now),
            partial(release_redemptions, redemption_ids=[name], now=now),
        )
        [lost] = errors(results)
        assert type(lost) is NotReserved
        assert Redemption.objects.get(redemption_id=name).status in ("settled", "released")
        prove_laws(now)


def test_settling_and_lapsing_at_once_let_one_of_them_win(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    for n in range(6):
        name = f"r{n}"
        reserve(name, 100, "ann", now=now)
        ends = now + timedelta(hours=72)
        settled, lapsed = at_once(
            partial(settle_redemptions, redemption_ids=[name], now=ends - timedelta(seconds=1)),
            partial(lapse_reservations, now=ends),
        )
        status = Redemption.objects.get(redemption_id=name).status
        if isinstance(settled, Exception):
            assert type(settled) is ReservationLapsed
            assert (status, lapsed) == ("lapsed", 1)
        else:
            assert (status, lapsed) == ("settled", 0)
        prove_laws(ends)


def test_settling_at_once_settles_once(at_once: Run, members: Sequence[str], now: datetime) -> None:
    reserve("r", 500, "ann", now=now)
    results = at_once(*[partial(settle_redemptions, redemption_ids=["r"], now=now)] * 8)
    assert errors(results) == []
    assert sorted(outcome.replayed for [outcome] in results) == [False] + [True] * 7
    assert wallet("ann")["redeemed"] == 500


def test_refunding_and_redeeming_at_once_never_spend_points_twice(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    refunded, redeemed = at_once(
        partial(give_back, "f", "charge of ann", "ann", amount_minor=100_000, now=now),
        partial(reserve, "r", 1000, "ann", now=now),
    )
    assert refunded.points_revoked + refunded.points_to_debt == 1000
    assert wallet("ann")["debt"] == (0 if isinstance(redeemed, InsufficientPoints) else 1000)
    prove_laws(now)


def test_the_same_refund_from_eight_threads_is_applied_once(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    back = partial(give_back, "f", "charge of ann", "ann", now=now)
    results = at_once(*[back] * 8)
    assert errors(results) == []
    assert len(moves("ann")) == 2
    prove_laws(now)


def test_a_refund_and_its_charge_at_once_end_alike(at_once: Run, now: datetime) -> None:
    for n in range(6):
        name = f"s{n}"
        register(name, now=now)
        results = at_once(
            partial(post, "c", name, now=now),
            partial(give_back, "f", "c", name, amount_minor=30_000, now=now),
        )
        assert errors(results) == []
        assert wallet_now(external_id=name, now=now).available == 700
        prove_laws(now)


def test_sweeping_twice_at_once_beside_postings_sweeps_each_lot_once(
    at_once: Run, now: datetime
) -> None:
    names = [f"s{n}" for n in range(20)]
    put_subscribers(subscribers=[item(subscriber_id=name) for name in names], now=now)
    old = now - timedelta(days=380)
    post_charges(charges=[charge("old", name, occurred_at=old) for name in names], now=now)

    def bill(n: int) -> list[ChargeOutcome]:
        return post_charges(charges=[charge(f"new{n}", name) for name in names], now=now)

    results = at_once(
        partial(expire_points, now=now, lots_per_page=3),
        partial(bill, 1),
        partial(expire_points, now=now, lots_per_page=4),
        partial(bill, 2),
    )
    assert errors(results) == []
    assert results[0] + results[2] == len(names)
    for name in names:
        assert (wallet(name)["expired"], wallet(name)["available"]) == (1000, 2000)
    prove_laws(now)


def test_a_new_subscriber_is_registered_once(at_once: Run, now: datetime) -> None:
    who = item(subscriber_id="new")
    results = at_once(*[partial(put_subscribers, subscribers=[who], now=now)] * 8)
    assert errors(results) == []
    assert sum(outcome.created for [outcome] in results) == 1
    assert Subscriber.objects.count() == StatusPeriod.objects.count() == 1


def test_first_charges_open_one_wallet(at_once: Run, now: datetime) -> None:
    register("new", now=now)
    results = at_once(*(partial(post, f"c{n}", "new", now=now) for n in range(8)))
    assert errors(results) == []
    assert Wallet.objects.count() == 1
    assert wallet("new")["available"] == 8000
    prove_laws(now)


def test_an_id_used_by_two_subscribers_at_once_belongs_to_one(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    for n in range(6):
        results = at_once(*(partial(reserve, f"r{n}", 100, name, now=now) for name in members))
        [lost] = errors(results)
        assert type(lost) is IdReused
        assert Redemption.objects.filter(redemption_id=f"r{n}").count() == 1
        prove_laws(now)
    assert wallet("ann")["reserved"] + wallet("bob")["reserved"] == 600


def test_drafts_of_terms_at_once_have_numbers_of_their_own(at_once: Run, now: datetime) -> None:
    results = at_once(*[partial(draft_terms, content={}, note="", by="maker")] * 6)
    assert errors(results) == []
    assert sorted(version.number for version in results) == [2, 3, 4, 5, 6, 7]


def test_whoever_waits_too_long_for_a_wallet_hears_of_the_lock(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    held, tried = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            lock_books(["ann"], now=now)
            held.set()
            assert tried.wait(timeout=30)

    def wait() -> None:
        assert held.wait(timeout=30)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 200")
            post("late", "ann", now=now)
        finally:
            tried.set()

    _, refused = at_once(hold, wait)
    # The ledger's own statements raise the driver's error, Django's the one around it.
    cause = refused.__cause__ if isinstance(refused, OperationalError) else refused
    assert isinstance(cause, psycopg.errors.LockNotAvailable)
    assert wallet("ann")["available"] == 1000


def test_of_two_in_a_deadlock_the_loser_tries_again(at_once: Run, members: Sequence[str]) -> None:
    tries: list[str] = []
    both = Barrier(2)

    def lock_in(order: Sequence[str]) -> str:
        tries.append(order[0])
        is_first_try = tries.count(order[0]) == 1
        with transaction.atomic():
            for name in order:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT FROM accounts_subscriber WHERE external_id = %s FOR UPDATE", [name]
                    )
                if is_first_try and name == order[0]:
                    both.wait(timeout=30)
        return order[0]

    lock = retried(FOR_A_CALLER)(lock_in)
    assert at_once(partial(lock, ["ann", "bob"]), partial(lock, ["bob", "ann"])) == ["ann", "bob"]
    assert len(tries) == 3


def test_of_an_old_and_a_new_report_at_once_the_new_one_counts(
    at_once: Run, committed: None, now: datetime
) -> None:
    put_subscribers(subscribers=[item(subscriber_id="known")], now=now - timedelta(days=1))
    for subscriber_id in ("known", *(f"new-{n}" for n in range(4))):
        reports = [
            item(
                subscriber_id=subscriber_id,
                plan=f"plan {hour}",
                status=("active", "suspended")[hour % 2],
                status_since=now - timedelta(hours=hour),
                reported_at=now - timedelta(hours=hour),
            )
            for hour in range(8, 0, -1)
        ]
        results = at_once(
            *(partial(put_subscribers, subscribers=[report], now=now) for report in reports)
        )
        assert errors(results) == []
        kept = Subscriber.objects.get(external_id=subscriber_id)
        assert (kept.plan, kept.status) == ("plan 1", "suspended")
        assert kept.reported_at == now - timedelta(hours=1)
        refusals = [outcome.refusal for [outcome] in results]
        assert refusals[-1] is None, "the newest is never late"
        assert all(each is None or isinstance(each, StaleReport) for each in refusals)


def test_of_two_writes_with_one_tag_one_goes_on(
    at_once: Run, committed: None, now: datetime
) -> None:
    put_subscribers(subscribers=[item(subscriber_id="ann")], now=now)
    seen = tags_of("ann")
    assert seen is not None
    condition = Condition(match=Tags(strong=frozenset({seen.masked})))
    results = at_once(
        *(
            partial(
                put_subscriber_if,
                subscriber=item(subscriber_id="ann", plan=f"plan {n}"),
                condition=condition,
                now=now,
            )
            for n in range(6)
        )
    )
    assert [type(error) for error in errors(results)] == [PreconditionFailed] * 5
    [written] = [result for result in results if not isinstance(result, Exception)]
    assert written.changed


def test_of_two_creations_at_once_one_is_told_that_it_came_second(
    at_once: Run, committed: None, now: datetime
) -> None:
    condition = Condition(none_match=Tags(is_any=True))
    results = at_once(
        *(
            partial(
                put_subscriber_if,
                subscriber=item(subscriber_id="ann", plan=f"plan {n}"),
                condition=condition,
                now=now,
            )
            for n in range(4)
        )
    )
    assert [type(error) for error in errors(results)] == [PreconditionFailed] * 3
    assert Subscriber.objects.count() == 1


def test_reversing_and_refunding_at_once_leave_what_one_order_would(
    at_once: Run, members: Sequence[str], now: datetime
) -> None:
    give_back("f", "charge of ann", "ann", amount_minor=100_000, occurred_at=now, now=now)
    won = ReversalItem("f", "ann")
    results = at_once(
        *[partial(reverse_refunds, reversals=[won], now=now)] * 4,
        *(
            partial(
                give_back, f"g{n}", "charge of ann", "ann", amount_minor=60_000, occurred_at=now,
                now=now,
            )
            for n in range(4)
        ),
    )  # fmt: skip
    assert errors(results) == []
    assert sum(not outcome.replayed for [outcome] in results[:4]) == 1
    applied = [outcome for outcome in results[4:] if outcome.refusal is None]
    assert len(applied) <= 1
    assert wallet("ann")["available"] == 1000 - 600 * len(applied)
    prove_laws(now)
