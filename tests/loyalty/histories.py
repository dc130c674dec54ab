"""Random histories: what billing, subscribers and the clock may do to wallets, step by step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from kernel.refusals import Refusal
from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import post_charges
from loyalty.operations.post_refunds import RefundOutcome, post_refunds
from loyalty.operations.reserve_points import RedemptionRequest, reserve_points
from loyalty.operations.return_points import (
    lapse_reservations,
    release_redemptions,
    reverse_redemptions,
)
from loyalty.operations.reverse_refunds import ReversalItem, reverse_refunds
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.refunds import RefundItem
from loyalty.policy.terms import CHARGE_KINDS
from loyalty.queries.statements import wallet_now
from tests.factories import activate, charge, refund, register, request

BEGINNING = datetime(2025, 1, 31, 20, 59, tzinfo=UTC)
PEOPLE = ("ann", "bob")

AMOUNTS = (1, 99, 100, 101, 12_345, 40_000, 99_999, 250_050, 3_500_000)
BACK = tuple(
    timedelta(**gap)
    for gap in (
        {}, {"hours": 3}, {"days": 5}, {"days": 40}, {"days": 200}, {"days": 366},
        {"days": 400}, {"days": 480},
    )
)  # fmt: skip
PAUSES = tuple(
    timedelta(**gap)
    for gap in (
        {"microseconds": 1}, {"minutes": 1}, {"hours": 20}, {"days": 6}, {"days": 33}, {"days": 150}
    )
)  # fmt: skip

# Caps that bind, kinds that earn differently, a point that isn't worth a kopeck.
TIGHT: dict[str, Any] = {
    "point_value_minor": 3,
    "earning_rates": {"service": "1", "top_up": "0.5", "renewal": "0.333", "device": "0"},
    "caps": {
        "benefit_month_minor": 300_000,
        "benefit_year_minor": 700_000,
        "benefit_life_minor": 1_100_000,
        "redemption_month_minor": 240_000,
        "redemption_year_minor": 600_000,
    },
}
# From the middle of the history on: other rates, another value and a shorter life.
LATER: dict[str, Any] = {
    **TIGHT,
    "points_per_rouble": "1.1",
    "point_value_minor": 2,
    "lot_life_months": 7,
}


class Step(NamedTuple):
    """One thing that happens, after a pause; numbers choose among what there is."""

    verb: str
    pause: int
    person: int
    which: int
    amount: int
    back: int


def steps(verbs: dict[str, int]) -> st.SearchStrategy[list[Step]]:
    """Lists of steps; the numbers are the verbs' weights."""
    verb = st.sampled_from([name for name, weight in verbs.items() for _ in range(weight)])
    small = st.integers(0, 30)
    step = st.builds(
        Step,
        verb,
        st.integers(0, len(PAUSES) - 1),
        st.sampled_from([0, 0, 0, 1]),
        small,
        small,
        small,
    )
    return st.lists(step, min_size=4, max_size=28)


EVERYTHING = {
    "charge": 9,
    "batch": 2,
    "refund": 5,
    "refund_rest": 2,
    "refund_early": 2,
    "win_back": 4,
    "reserve": 6,
    "settle": 3,
    "release": 3,
    "reverse": 3,
    "lapse": 1,
    "expire": 2,
    "tiers": 2,
    "suspend": 1,
    "close": 1,
    "reopen": 1,
    "revoke": 1,
}


@dataclass
class World:
    """Two subscribers, a clock, and everything that was sent."""

    now: datetime = BEGINNING
    charges: list[ChargeItem] = field(default_factory=list)
    refunds: list[RefundItem] = field(default_factory=list)
    redemptions: list[RedemptionRequest] = field(default_factory=list)
    answers: dict[tuple[str, ...], Any] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    posted: set[str] = field(default_factory=set)
    won: set[str] = field(default_factory=set)

    @classmethod
    def begun(cls, *contents: tuple[dict[str, Any], datetime]) -> "World":
        """A world in which these terms come into force at these moments."""
        before = datetime(2023, 1, 1, tzinfo=UTC)
        for place, (content, effective_from) in enumerate(contents):
            now = before + timedelta(seconds=place)
            activate(content, effective_from=max(effective_from, now), now=now)
        for person in PEOPLE:
            register(person, now=BEGINNING, activated_at=datetime(2022, 5, 5, tzinfo=UTC))
        return cls()

    def take(self, step: Step) -> Refusal | None:
        """Let one step happen; the refusal, should there be one."""
        self.now += PAUSES[step.pause]
        verb: Callable[[Step], None] = getattr(self, step.verb)
        try:
            verb(step)
        except Refusal as refusal:
            return refusal
        return None

    def person(self, step: Step) -> str:
        return PEOPLE[step.person]

    # What billing says.

    def charge(self, step: Step) -> None:
        self._post([self._charge(step, self._charge_id(step))])

    def batch(self, step: Step) -> None:
        made = [
            self._charge(
                step._replace(amount=step.amount + n, back=step.back + n, person=n % 2),
                f"b{len(self.charges) + n}",
            )
            for n in range(3)
        ]
        self._post([*made, made[0]])

    def refund(self, step: Step) -> None:
        if not self.charges:
            return
        about = self.charges[step.which % len(self.charges)]
        part = (about.amount_minor * (step.amount % 4 + 1)) // 5
        self._give_back(about.charge_id, about.subscriber_id, max(1, part), step)

    def refund_rest(self, step: Step) -> None:
        if not self.charges:
            return
        about = self.charges[step.which % len(self.charges)]
        given = sum(
            each.amount_minor
            for each in self.refunds
            if each.charge_id == about.charge_id
            and each.refund_id not in self.won
            and self.answers["refund", each.refund_id].refusal is None
        )
        if about.amount_minor > given:
            self._give_back(about.charge_id, about.subscriber_id, about.amount_minor - given, step)

    def refund_early(self, step: Step) -> None:
        charge_id = f"e{step.which % 4}"
        if charge_id not in self.early:
            self.early.append(charge_id)
        self._give_back(charge_id, self.person(step), AMOUNTS[step.amount % 6], step)

    def win_back(self, step: Step) -> None:
        """A refund, such as a chargeback, turns out not to stand."""
        if not self.refunds:
            return
        about = self.refunds[step.which % len(self.refunds)]
        [outcome] = reverse_refunds(
            reversals=[ReversalItem(about.refund_id, about.subscriber_id)], now=self.now
        )
        if outcome.refusal is not None:
            raise outcome.refusal
        self.won.add(about.refund_id)

    # What subscribers do.

    def reserve(self, step: Step) -> None:
        person = self.person(step)
        spendable = wallet_now(external_id=person, now=self.now).available
        points = (
            max(1, spendable * (step.amount % 5 + 1) // 5),
            100,
            spendable + 1,
            max(100, min(spendable, 700)),
        )[step.which % 4]
        asked = request(f"r{len(self.redemptions)}", points, person)
        [outcome] = reserve_points(requests=[asked], now=self.now)
        assert not outcome.replayed
        self.redemptions.append(asked)

    def settle(self, step: Step) -> None:
        if name := self._redemption(step):
            settle_redemptions(redemption_ids=[name], credit_reference="credit", now=self.now)

    def release(self, step: Step) -> None:
        if name := self._redemption(step):
            release_redemptions(redemption_ids=[name], now=self.now)

    def reverse(self, step: Step) -> None:
        if name := self._redemption(step):
            reverse_redemptions(redemption_ids=[name], now=self.now)

    # What the clock does.

    def lapse(self, step: Step) -> None:
        lapse_reservations(now=self.now)

    def expire(self, step: Step) -> None:
        expire_points(now=self.now, lots_per_page=step.which % 3 + 1)

    def tiers(self, step: Step) -> None:
        evaluate_tiers(now=self.now, wallets_per_page=step.which % 2 + 1)

    def revoke(self, step: Step) -> None:
        revoke_closed(now=self.now, wallets_per_page=1)

    # What the operator's own systems report.

    def suspend(self, step: Step) -> None:
        self._report(step, "suspended")

    def close(self, step: Step) -> None:
        self._report(step, "closed")

    def reopen(self, step: Step) -> None:
        self._report(step, "active")

    def _report(self, step: Step, status: str) -> None:
        register(
            self.person(step),
            now=self.now,
            status=status,
            activated_at=datetime(2022, 5, 5, tzinfo=UTC),
        )

    def _charge_id(self, step: Step) -> str:
        # Now and then the charge comes whose refund was there before it.
        if step.which % 3 == 0 and self.early:
            charge_id = self.early[step.which % len(self.early)]
            if charge_id not in self.posted:
                return charge_id
        return f"c{len(self.charges)}"

    def _charge(self, step: Step, charge_id: str) -> ChargeItem:
        return charge(
            charge_id,
            self.person(step),
            amount_minor=AMOUNTS[step.amount % len(AMOUNTS)],
            kind=CHARGE_KINDS[step.which % len(CHARGE_KINDS)],
            occurred_at=self.now - BACK[step.back % len(BACK)],
        )

    def _post(self, charges: list[ChargeItem]) -> None:
        outcomes = post_charges(charges=charges, now=self.now)
        for each, outcome in zip(charges, outcomes, strict=True):
            if outcome.refusal is None and not outcome.replayed:
                self.charges.append(each)
                self.posted.add(each.charge_id)
                self.answers["charge", each.charge_id, each.subscriber_id] = outcome
        refusals = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
        if len(refusals) == len(outcomes):
            raise refusals[0]

    def _give_back(self, charge_id: str, person: str, amount_minor: int, step: Step) -> None:
        each = refund(
            f"f{len(self.refunds)}",
            charge_id,
            person,
            amount_minor=amount_minor,
            reason=("refund", "chargeback")[step.back % 2],
            occurred_at=self.now - timedelta(minutes=step.back),
        )
        outcome: RefundOutcome
        [outcome] = post_refunds(refunds=[each], now=self.now)
        if outcome.refusal is not None:
            raise outcome.refusal
        self.refunds.append(each)
        self.answers["refund", each.refund_id] = outcome

    def _redemption(self, step: Step) -> str | None:
        if not self.redemptions:
            return None
        return self.redemptions[step.which % len(self.redemptions)].item.redemption_id
