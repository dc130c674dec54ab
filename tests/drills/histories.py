"""Backdated bills and jobs of later dates, beside a model that was written from the text."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tests.drills.books import compare
from tests.drills.client import Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.model import MOSCOW, Model, Month, later, month_of, start_of
from tests.drills.races import Races
from tests.drills.words import charge_body, redemption_body, refund_body

STEPS = 30
# How far back a wallet is made to have been opened, so that its tiers have a history.
OPENED_MONTHS_AGO = 20
ECHOES = (1, 2, 3)
# Jobs ask before they run as of a later date, and before a sweep takes most of the points.
ASSENT = {
    "expire_points": ("--yes", "--points-max", "1000000000"),
    "evaluate_tiers": ("--yes",),
    "lapse_reservations": ("--yes",),
    "close_month": ("--yes",),
}


class Histories:
    """Wallets with a past."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.races = Races(instance, client, found)
        self.now = datetime.now(UTC)
        self.models: dict[str, Model] = {}
        self.choices: dict[str, random.Random] = {}

    def run(self) -> None:
        """Live through everything, and compare each wallet with its model after each act."""
        shapes = ["thrifty", "middling", "rich", "rich", "richest", "richest"]
        for seed, shape in enumerate(shapes):
            person = self.races.subscriber()
            self.models[person] = Model(later(month_of(self.now), -OPENED_MONTHS_AGO))
            self.choices[person] = random.Random(f"{seed} {shape}")
            self._bill_the_past(person, shape)
        self._open_earlier()
        self._run([("evaluate_tiers", "--as-of", self.now.isoformat())])
        for model in self.models.values():
            model.evaluate(self.now)
        self._compare_all(self.now)
        self._at_once(self._live)
        self._compare_all(self.now)
        for as_of in self._later_dates():
            self._jobs_of(as_of)
            self._compare_all(as_of)
            self._at_once(partial(self._live, steps=5))
            self._compare_all(self.now)
        compare(self.races.journal, self.instance, self.client, self.found)

    def _later_dates(self) -> Iterator[datetime]:
        yield self.now + timedelta(days=4)
        for months in (1, 2, 3, 13):
            yield start_of(later(month_of(self.now), months))

    def _at_once(self, live: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(live, self.models))

    def _bill_the_past(self, person: str, shape: str) -> None:
        """Months of bills on the edges of days, posted out of order, before tiers are known."""
        choose = self.choices[person]
        roubles = {"thrifty": 300, "middling": 700, "rich": 1500, "richest": 60_000}[shape]
        moments = []
        for month in range(1, 20 if shape != "richest" else 9):
            edges = list(_edges(later(month_of(self.now), -month)))
            moments += choose.sample(edges, 2)
        if shape in ("middling", "rich"):
            # A pause, so that a tier is lost and won again.
            moments = [at for at in moments if not timedelta(120) < self.now - at < timedelta(300)]
        choose.shuffle(moments)
        for at in moments:
            amount = choose.randint(roubles * 60, roubles * 140)
            self._charge(person, amount, at)

    def _charge(self, person: str, amount: int, at: datetime) -> None:
        body = charge_body(
            person, amount=f"{amount // 100}.{amount % 100:02d}", occurred_at=at.isoformat()
        )
        answer = self.races.charge(body)
        made = self.models[person].charge(body["charge_id"], amount, at)
        said = (
            answer.status,
            answer.body.get("points_earned"),
            answer.body.get("points_in_review"),
        )
        self.found.expect(
            said == (201, made.earned, made.waiting),
            f"charge of {amount} at {at}: {said}, the model {made.earned}, {made.waiting}",
        )
        if choose_echo := self.choices[person].choice((*ECHOES, 0)) == 1:
            again = self.races.charge(body)
            self.found.expect(again.was_replayed is choose_echo, "a repeated charge")

    def _live(self, person: str, steps: int = STEPS) -> None:
        choose, model = self.choices[person], self.models[person]
        for _ in range(steps):
            act = choose.choice(["charge", "refund", "refund", "win", "reserve", "step", "step"])
            if act == "charge":
                month = later(month_of(self.now), -choose.randint(0, 14))
                edges = [at for at in _edges(month) if at < self.now]
                at = choose.choice(edges or [self.now - timedelta(hours=1)])
                self._charge(person, choose.randint(50, 250_000), at)
            elif act == "refund":
                self._refund(person, choose.choice(list(model.charges)))
            elif act == "win":
                self._win(person)
            elif act == "reserve":
                self._reserve(person)
            else:
                self._step(person)

    def _refund(self, person: str, charge_id: str) -> None:
        model, choose = self.models[person], self.choices[person]
        left = model.charges[charge_id].amount - model.charges[charge_id].refunded
        amount = choose.choice([max(1, left // 3), max(1, left), 1, left + 1])
        body = refund_body(person, amount=f"{amount // 100}.{amount % 100:02d}")
        answer = self.races.refund(charge_id, body)
        fits = model.refund(body["refund_id"], charge_id, amount, datetime.now(UTC))
        self.found.expect(
            answer.status == (201 if fits else 422), f"refund of {amount}: {answer.status}"
        )

    def _win(self, person: str) -> None:
        """A refund does not stand after all; one that was reversed is sometimes reversed again."""
        model, choose = self.models[person], self.choices[person]
        if not model.refunds:
            return
        refund_id = choose.choice(list(model.refunds))
        was_reversed = model.refunds[refund_id].is_reversed
        answer = self.races.win(person, refund_id)
        model.reverse(refund_id, datetime.now(UTC))
        self.found.expect(
            (answer.status, answer.was_replayed) == (200, was_reversed),
            f"reversal of {refund_id}: {answer.status} {answer.code}",
        )

    def _reserve(self, person: str) -> None:
        model, choose = self.models[person], self.choices[person]
        now = datetime.now(UTC)
        spendable = model.spendable(now)
        points = choose.choice([99, 100, spendable // 2, spendable, spendable + 1])
        if points < 1:
            return
        body = redemption_body(person, points)
        answer = self.races.reserve(body)
        may = model.redeemable(points, now)
        self.found.expect(
            answer.status == (201 if may else 422),
            f"redemption of {points} of {spendable}: {answer.status} {answer.code}",
        )
        if answer.status == 201:
            model.reserve(body["redemption_id"], points, now)

    def _step(self, person: str) -> None:
        model, choose = self.models[person], self.choices[person]
        if not model.redemptions:
            return
        redemption_id = choose.choice(list(model.redemptions))
        status = model.redemptions[redemption_id].status
        name = choose.choice(["settle", "release", "reverse"])
        answer = self.races.step(person, redemption_id, name)
        follows = {"settle": "reserved", "release": "reserved", "reverse": "settled"}[name]
        makes = {"settle": "settled", "release": "released", "reverse": "reversed"}[name]
        wanted = 200 if status in (follows, makes) else 422
        self.found.expect(answer.status == wanted, f"{name} of {status}: {answer.status}")
        if status != follows:
            return
        if name == "settle":
            model.settle(redemption_id)
        else:
            model.give_back(redemption_id, makes)

    def _open_earlier(self) -> None:
        """The only thing that no client can do: have been here for twenty months."""
        opened = start_of(later(month_of(self.now), -OPENED_MONTHS_AGO))
        with self.instance.owner() as connection:
            connection.execute(
                "UPDATE loyalty_wallet w SET opened_at = %s, tier_evaluated_for = NULL"
                " FROM accounts_subscriber s"
                " WHERE s.id = w.subscriber_id AND s.external_id = ANY(%s)",
                (opened, list(self.models)),
            )

    def _jobs_of(self, as_of: datetime) -> None:
        jobs = ["expire_points", "evaluate_tiers", "lapse_reservations", "close_month"]
        self.choices[next(iter(self.models))].shuffle(jobs)
        # Twice, because each is safe to repeat, and a lapse gives back to lots that were swept.
        self._run([(job, "--as-of", as_of.isoformat(), *ASSENT[job]) for job in jobs * 2])
        for model in self.models.values():
            model.expire(as_of)
            model.lapse(as_of, self.now)
            model.expire(as_of)
            model.evaluate(as_of)
        moments = ((), ("--as-of", as_of.isoformat()), ("--as-of", self.now.isoformat()))
        self._run([("audit_ledger", *moment) for moment in moments])

    def _run(self, commands: list[tuple[str, ...]]) -> None:
        code, said = self.instance.manage_all(commands)
        self.found.expect(code == 0, f"{commands}: {said[-800:]}")

    def _compare_all(self, at: datetime) -> None:
        for person, model in self.models.items():
            self._compare(person, model)
            self._compare_tiers(person, model)
        self.found.measured(f"compared {len(self.models)} wallets as of {at:%Y-%m-%d}")

    def _compare(self, person: str, model: Model) -> None:
        now = datetime.now(UTC)
        shown = self.client.get(f"/subscribers/{person}/wallet")
        month = month_of(now)
        expected: dict[str, Any] = {
            "points": {
                "available": model.spendable(now),
                "pending": 0,
                "reserved": model.reserved,
                "debt": model.debt,
            },
            "expiring": model.expiring(now),
            # Nobody is shown a tier of a month that has not begun.
            "tier": model.tier_at(now),
            "bonus": f"{model.benefits[month] / 100:.2f}",
            "redeemed": model.redeemed[month],
        }
        said = {
            "points": shown["points"],
            "expiring": [
                (datetime.fromisoformat(lot["expires_at"]), lot["points"])
                for lot in shown["expiring"]
            ],
            "tier": shown["tier"],
            "bonus": shown["month"]["bonus_value"],
            "redeemed": shown["month"]["redeemed_points"],
        }
        for name, value in expected.items():
            self.found.expect(
                said[name] == value, f"{person} {name}: {said[name]}, the model {value}"
            )
        payouts = self.instance.rows(
            "SELECT p.month, p.points FROM loyalty_payout p"
            " JOIN accounts_subscriber s ON s.id = p.subscriber_id"
            " WHERE s.external_id = %s AND p.status = 'in_review' AND p.points > 0",
            person,
        )
        excess = {(row["month"].year, row["month"].month): row["points"] for row in payouts}
        self.found.expect(
            excess == model.excess() and len(payouts) == len(excess),
            f"{person} excess: {excess}, the model {model.excess()}",
        )

    def _compare_tiers(self, person: str, model: Model) -> None:
        changes = self.instance.rows(
            "SELECT t.starts_at, t.tier FROM loyalty_tierchange t"
            " JOIN accounts_subscriber s ON s.id = t.subscriber_id"
            " WHERE s.external_id = %s ORDER BY 1",
            person,
        )
        said = [(row["starts_at"], row["tier"]) for row in changes]
        self.found.expect(
            said == model.tier_starts, f"{person} tiers: {said}, the model {model.tier_starts}"
        )


def _edges(month: Month) -> Iterator[datetime]:
    """Moments of a month at which calendars go wrong."""
    first, following = start_of(month), start_of(later(month, 1))
    yield first
    yield first - timedelta(microseconds=1)
    yield following - timedelta(seconds=1)
    yield following - timedelta(hours=3)
    yield first + timedelta(days=14, hours=11)
    yield datetime(month[0], month[1], 28, 23, 59, 59, 999_999, tzinfo=MOSCOW).astimezone(UTC)
