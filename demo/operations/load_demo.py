"""Replay the demo's billing history through the verbs of accounts and loyalty."""

import gzip
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.operations import put_subscribers
from demo.models import DemoLoad
from demo.operations.invite import decide_referrals, register_rings, report_invitations
from demo.operations.subscribers import digest, subscriber_of
from demo.policy.customers import Customer, Life, life_of, read_customers
from demo.policy.invitations import Invitations, invitations_among
from demo.policy.steps import (
    LAPSED_AFTER,
    RELEASED_AFTER,
    REVERSED_AFTER,
    SETTLED_AFTER,
    Bill,
    GivenBack,
    Step,
    bills_in,
    by_billing_day,
    coming_in,
    leaving_in,
    outcome_of,
    points_to_redeem,
    refunds_after,
    refunds_before,
    steps_until,
    wants_to_redeem,
)
from demo.queries.wallets import redeemable_points
from fraud.operations.screen_registrations import screen_registrations
from kernel.batches import pages_of
from kernel.refusals import Refusal
from loyalty.operations.close_month import close_month
from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from loyalty.operations.post_refunds import post_refunds
from loyalty.operations.reserve_points import RedemptionRequest, reserve_points
from loyalty.operations.return_points import (
    lapse_reservations,
    release_redemptions,
    reverse_redemptions,
)
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.redemptions import RedemptionItem
from loyalty.policy.refunds import RefundItem
from loyalty.queries.terms import program_zone

FILE = Path(__file__).resolve().parent.parent / "churn_ibm_telco_7043.csv.gz"
ITEMS_PER_CALL = 10_000
REDEMPTIONS_PER_CALL = 1_000


class OtherDemoLoaded(Exception):
    """This database holds a demo of another size."""


@dataclass(frozen=True, slots=True)
class History:
    """The lives of the demo's customers and the steps in which they are replayed."""

    lives: Sequence[Life]
    steps: Sequence[Step]
    invitations: Invitations
    as_of: datetime
    zone: ZoneInfo

    @property
    def charges(self) -> int:
        return sum(life.customer.tenure_months for life in self.lives)


def customers_of_the_file(limit: int | None = None) -> list[Customer]:
    """All customers, or the first `limit` of them."""
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return read_customers(lines)[:limit]


def begin_load(*, customers: int | None, now: datetime) -> tuple[DemoLoad, History]:
    """The load of this database, begun now or before, and the history that it replays.

    Args:
        customers: how many of the file; all by default, or as many as the load began with.
        now: where the history of a new load ends.

    Raises:
        OtherDemoLoaded: the load that was begun before has another number of customers.
    """
    known = DemoLoad.objects.filter(pk=1).first()
    size = len(customers_of_the_file(customers))
    if known is not None and customers is not None and known.customers != size:
        raise OtherDemoLoaded(f"This database holds a demo of {known.customers} customers already.")
    load, _ = DemoLoad.objects.get_or_create(
        pk=1, defaults={"as_of": now, "customers": size, "started_at": now}
    )
    zone = program_zone()
    lives = [
        life_of(customer, load.as_of, zone) for customer in customers_of_the_file(load.customers)
    ]
    steps = steps_until(lives, load.as_of, zone)
    invitations = invitations_among(lives, steps[0].after, load.as_of, zone)
    return load, History(lives, steps, invitations, load.as_of, zone)


def load_demo(*, history: History, progress: Callable[[int], None] = lambda _: None) -> None:
    """Replay what of the history was not replayed yet, a commit per step.

    Safe to repeat, to kill and to run in two places: a step is counted in its own commit.
    """
    by_day = by_billing_day(history.lives)
    for step in history.steps:
        bills = list(bills_in(by_day, step, history.zone))
        _take(step, history, bills)
        progress(len(bills))


@transaction.atomic
def _take(step: Step, history: History, bills: Sequence[Bill]) -> None:
    load = DemoLoad.objects.select_for_update(no_key=True).get(pk=1)
    if load.steps_done >= step.number:
        return

    if step.month_begins_at is not None:
        close_month(now=step.month_begins_at)
        evaluate_tiers(now=step.month_begins_at)
    expire_points(now=step.now)
    _register(step, history.lives)
    register_rings(step, history.invitations)
    _post(step, bills)
    if step.leaves_time_until(history.as_of):
        _redeem(step, [bill for bill in bills if wants_to_redeem(bill)])
    report_invitations(step, history.invitations)
    _close(step, history.lives)
    decide_referrals(step)

    load.steps_done, load.is_finished = step.number, step.is_last
    load.save(update_fields=["steps_done", "is_finished"])


def _register(step: Step, lives: Sequence[Life]) -> None:
    said = [subscriber_of(life, "active") for life in coming_in(lives, step)]
    for page in pages_of(said, ITEMS_PER_CALL):
        _granted(outcome.refusal for outcome in put_subscribers(subscribers=page, now=step.now))
        screen_registrations(names=[item.subscriber_id for item in page], now=step.now)


def _close(step: Step, lives: Sequence[Life]) -> None:
    said = [subscriber_of(life, "closed") for life in leaving_in(lives, step)]
    for page in pages_of(said, ITEMS_PER_CALL):
        _granted(outcome.refusal for outcome in put_subscribers(subscribers=page, now=step.now))


def _post(step: Step, bills: Sequence[Bill]) -> None:
    _give_back(step, refunds_before(bills))
    charges = [
        ChargeItem(
            bill.life.customer.charge_id(bill.place),
            bill.life.customer.subscriber_id,
            bill.life.customer.amount_minor,
            "service",
            bill.billed_at,
        )
        for bill in bills
    ]
    for page in pages_of(charges, ITEMS_PER_CALL):
        _granted(outcome.refusal for outcome in post_charges(charges=page, now=step.now))
    _give_back(step, refunds_after(bills))


def _give_back(step: Step, given: Iterable[GivenBack]) -> None:
    refunds = [
        RefundItem(
            f"B-{each.life.customer.number:05d}-{each.place:02d}",
            each.life.customer.charge_id(each.place),
            each.life.customer.subscriber_id,
            each.amount_minor,
            each.reason,
            each.given_at,
        )
        for each in given
    ]
    for page in pages_of(refunds, ITEMS_PER_CALL):
        _granted(outcome.refusal for outcome in post_refunds(refunds=page, now=step.now))


def _redeem(step: Step, bills: Sequence[Bill]) -> None:
    redeemable = redeemable_points([bill.life.customer.subscriber_id for bill in bills], step.now)
    wanted = {
        bill: points_to_redeem(bill, redeemable.get(bill.life.customer.subscriber_id, 0))
        for bill in bills
    }
    takers = {bill: points for bill, points in wanted.items() if points}
    by_outcome: dict[str, list[str]] = {}
    for page in pages_of(takers.items(), REDEMPTIONS_PER_CALL):
        requests = [_request(bill, points) for bill, points in page]
        reserved = reserve_points(requests=requests, now=step.now)
        for (bill, _), outcome in zip(page, reserved, strict=True):
            # What the screen stops is a reviewer's, and the others go on.
            if outcome.redemption.status == "reserved":
                by_outcome.setdefault(outcome_of(bill), []).append(_redemption_id(bill))
    spent = [*by_outcome.get("settled", ()), *by_outcome.get("reversed", ())]
    for ids in pages_of(spent, REDEMPTIONS_PER_CALL):
        settle_redemptions(redemption_ids=ids, now=step.now + SETTLED_AFTER)
    if released := by_outcome.get("released"):
        release_redemptions(
            redemption_ids=released,
            reason="The subscriber changed their mind.",
            now=step.now + RELEASED_AFTER,
        )
    if taken_back := by_outcome.get("reversed"):
        reverse_redemptions(
            redemption_ids=taken_back,
            reason="The credit came back from billing.",
            now=step.now + REVERSED_AFTER,
        )
    lapse_reservations(now=step.now + LAPSED_AFTER)


def _request(bill: Bill, points: int) -> RedemptionRequest:
    customer = bill.life.customer
    item = RedemptionItem(_redemption_id(bill), customer.subscriber_id, points, "bill_credit")
    return RedemptionRequest(item, payment_instrument=digest("card", customer.card))


def _redemption_id(bill: Bill) -> str:
    return f"R-{bill.life.customer.number:05d}-{bill.place:02d}"


def _granted(refusals: Iterable[Refusal | None]) -> None:
    """Nothing of the demo is refused: where it is, the history is wrong."""
    for refusal in refusals:
        if refusal is not None:
            raise refusal
