"""Fifty at once on one wallet: charges, refunds, redemptions, steps, registrations."""

import json
from collections import Counter
from functools import partial
from typing import Any

from tests.drills.books import Journal, compare
from tests.drills.client import Answer, Client, at_once
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.words import (
    charge_body,
    fresh,
    redemption_body,
    refund_body,
    subscriber_body,
)

THREADS = 50


class Races:
    """Requests that meet each other."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.journal = Journal()

    def run(self) -> None:
        """Race all, and compare with the ledger."""
        self.same_charge()
        self.different_charges()
        self.other_content_under_one_id()
        self.redemptions_beyond_what_there_is()
        self.one_redemption_id_for_two()
        self.settle_against_release()
        self.refunds_against_redemptions()
        self.refunds_of_one_charge()
        self.refund_before_charge()
        self.one_new_subscriber()
        self.crossing_identifiers()
        self.crossing_batches()
        self.duplicates_in_batches()
        compare(self.journal, self.instance, self.client, self.found)

    def subscriber(self, **changes: Any) -> str:
        """Register a subscriber."""
        subscriber_id = fresh("S")
        answer = self.client.insist(
            "PUT", f"/subscribers/{subscriber_id}", subscriber_body(**changes)
        )[-1]
        assert answer.status == 201, answer.raw
        return subscriber_id

    def charge(self, body: dict[str, Any]) -> Answer:
        """Post a charge until it is answered for good."""
        answers = self.client.insist("POST", "/charges", body)
        self.journal.note("charge", body["subscriber_id"], body["charge_id"], answers)
        return answers[-1]

    def refund(self, charge_id: str, body: dict[str, Any]) -> Answer:
        """Post a refund until it is answered for good."""
        answers = self.client.insist("POST", f"/charges/{charge_id}/refunds", body)
        self.journal.note("refund", body["subscriber_id"], body["refund_id"], answers)
        return answers[-1]

    def win(self, subscriber_id: str, refund_id: str) -> Answer:
        """Reverse a refund until it is answered for good."""
        body = {"subscriber_id": subscriber_id, "reason": "won"}
        answers = self.client.insist("POST", f"/refunds/{refund_id}/reverse", body)
        self.journal.note("win", subscriber_id, refund_id, answers)
        return answers[-1]

    def reserve(self, body: dict[str, Any]) -> Answer:
        """Ask for a redemption until it is answered for good."""
        answers = self.client.insist("POST", "/redemptions", body)
        self.journal.note("reserve", body["subscriber_id"], body["redemption_id"], answers)
        return answers[-1]

    def step(self, subscriber_id: str, redemption_id: str, name: str) -> Answer:
        """Ask for a step of a redemption until it is answered for good."""
        answers = self.client.insist("POST", f"/redemptions/{redemption_id}/{name}", {})
        self.journal.note(name, subscriber_id, redemption_id, answers)
        return answers[-1]

    def same_charge(self) -> None:
        body = charge_body(self.subscriber())
        said = at_once([partial(self.charge, body)] * THREADS)
        count = Counter(answer.status for answer in said)
        self.found.expect(count == {201: 1, 200: THREADS - 1}, f"the same charge: {count}")
        replays = [answer.was_replayed for answer in said if answer.status == 200]
        self.found.expect(all(replays), "a replay is not marked")

    def different_charges(self) -> None:
        subscriber = self.subscriber()
        calls = [partial(self.charge, charge_body(subscriber)) for _ in range(THREADS)]
        count = Counter(answer.status for answer in at_once(calls))
        self.found.expect(count == {201: THREADS}, f"different charges: {count}")
        points = self.client.get(f"/subscribers/{subscriber}/wallet")["points"]["available"]
        self.found.expect(points == 100 * THREADS, f"different charges: {points} points")

    def other_content_under_one_id(self) -> None:
        subscriber, charge_id = self.subscriber(), fresh("ch")
        bodies = [
            charge_body(subscriber, charge_id, amount=f"{100 + n}.00") for n in range(THREADS)
        ]
        said = at_once([partial(self.charge, body) for body in bodies])
        count = Counter((answer.status, answer.code) for answer in said)
        self.found.expect(
            count == {(201, ""): 1, (422, "id_reused"): THREADS - 1}, f"one id: {count}"
        )

    def redemptions_beyond_what_there_is(self) -> None:
        subscriber = self.subscriber()
        self.charge(charge_body(subscriber, amount="1000.00"))
        calls = [partial(self.reserve, redemption_body(subscriber, 150)) for _ in range(THREADS)]
        said = at_once(calls)
        count = Counter((answer.status, answer.code) for answer in said)
        self.found.expect(
            count == {(201, ""): 6, (422, "insufficient_points"): THREADS - 6},
            f"redemptions beyond: {count}",
        )
        points = self.client.get(f"/subscribers/{subscriber}/wallet")["points"]
        self.found.expect(
            (points["available"], points["reserved"]) == (100, 900), f"after them: {points}"
        )

    def one_redemption_id_for_two(self) -> None:
        pair = [self.subscriber(), self.subscriber()]
        for subscriber in pair:
            self.charge(charge_body(subscriber, amount="1000.00"))
        redemption_id = fresh("rd")
        calls = [
            partial(self.reserve, redemption_body(pair[n % 2], 200, redemption_id))
            for n in range(20)
        ]
        said = at_once(calls)
        count = Counter((answer.status, answer.code) for answer in said)
        self.found.expect(
            count == {(201, ""): 1, (200, ""): 9, (422, "id_reused"): 10}, f"one id, two: {count}"
        )

    def settle_against_release(self) -> None:
        for _ in range(5):
            subscriber = self.subscriber()
            self.charge(charge_body(subscriber, amount="1000.00"))
            body = redemption_body(subscriber, 300)
            self.reserve(body)
            names = ["settle", "release"] * 10
            said = at_once(
                [partial(self.step, subscriber, body["redemption_id"], name) for name in names]
            )
            kept = {name for name, answer in zip(names, said, strict=True) if answer.status == 200}
            fresh_ones = [a for a in said if a.status == 200 and not a.was_replayed]
            self.found.expect(len(kept) == 1, f"settle against release: both of {kept}")
            self.found.expect(len(fresh_ones) == 1, f"{len(fresh_ones)} steps were the first")
            if kept == {"settle"}:
                again = at_once(
                    [partial(self.step, subscriber, body["redemption_id"], "reverse")] * 10
                )
                self.found.expect(
                    Counter((a.status, a.was_replayed) for a in again)
                    == {(200, False): 1, (200, True): 9},
                    "reversals at once",
                )

    def refunds_against_redemptions(self) -> None:
        subscriber = self.subscriber()
        charges = [charge_body(subscriber, amount="200.00") for _ in range(25)]
        at_once([partial(self.charge, body) for body in charges])
        calls = [
            partial(self.refund, body["charge_id"], refund_body(subscriber, amount="200.00"))
            for body in charges
        ] + [partial(self.reserve, redemption_body(subscriber, 250)) for _ in range(25)]
        said = at_once(calls)
        refunds, redemptions = said[:25], said[25:]
        self.found.expect(
            Counter(a.status for a in refunds) == {201: 25}, "refunds against redemptions"
        )
        held = 250 * sum(a.status == 201 for a in redemptions)
        points = self.client.get(f"/subscribers/{subscriber}/wallet")["points"]
        self.found.expect(
            points["reserved"] == held == points["debt"] and points["available"] == 0,
            f"refunds against redemptions: {points}, held {held}",
        )

    def refunds_of_one_charge(self) -> None:
        subscriber = self.subscriber()
        body = charge_body(subscriber, amount="99.99")
        self.charge(body)
        calls = [
            partial(self.refund, body["charge_id"], refund_body(subscriber, amount="3.33"))
            for _ in range(THREADS)
        ]
        said = at_once(calls)
        count = Counter((answer.status, answer.code) for answer in said)
        self.found.expect(
            count == {(201, ""): 30, (422, "refund_above_charge"): THREADS - 30},
            f"refunds of one charge: {count}",
        )
        points = self.client.get(f"/subscribers/{subscriber}/wallet")["points"]
        self.found.expect(not any(points.values()), f"after all refunds: {points}")

    def refund_before_charge(self) -> None:
        for _ in range(5):
            subscriber = self.subscriber()
            body = charge_body(subscriber)
            refunds = [refund_body(subscriber, amount="25.00") for _ in range(4)]
            calls = [partial(self.charge, body)] * 3 + [
                partial(self.refund, body["charge_id"], each) for each in refunds
            ] * 2
            at_once(calls)
            points = self.client.get(f"/subscribers/{subscriber}/wallet")["points"]
            self.found.expect(not any(points.values()), f"refund before charge: {points}")
            again = [self.refund(body["charge_id"], each) for each in refunds]
            self.found.expect(
                all(a.was_replayed and a.body["status"] == "applied" for a in again),
                "a refund that waited is not applied",
            )

    def one_new_subscriber(self) -> None:
        for _ in range(3):
            subscriber, body = fresh("S"), subscriber_body()
            said = at_once(
                [partial(self.client.insist, "PUT", f"/subscribers/{subscriber}", body)] * THREADS
            )
            count = Counter(answers[-1].status for answers in said)
            self.found.expect(
                count == {201: 1, 200: THREADS - 1}, f"PUT of one new subscriber: {count}"
            )
            shown = self.client.get(f"/subscribers/{subscriber}")
            self.found.expect(
                len(shown["history"]) == 1 and len(shown["identifiers"]) == 2,
                f"PUT of one new subscriber: {shown}",
            )

    def crossing_identifiers(self) -> None:
        """Two orders of the same identifiers: nobody may wait in a circle."""
        values = [{"kind": "device", "value": fresh("device")} for _ in range(12)]
        calls = []
        for n in range(24):
            body = subscriber_body(identifiers=values[::-1] if n % 2 else values)
            calls.append(partial(self.client.call, "PUT", f"/subscribers/{fresh('S')}", body))
        count = Counter(answer.status for answer in at_once(calls))
        self.found.expect(count == {201: 24}, f"crossing identifiers: {count}")

    def crossing_batches(self) -> None:
        """The same charges in two orders, as JSON and as NDJSON, at once."""
        people = [self.subscriber() for _ in range(20)]
        charges = [charge_body(person) for person in people for _ in range(10)]
        orders = [charges, charges[::-1], sorted(charges, key=lambda c: str(c["charge_id"]))] * 3
        said = at_once([partial(self.batch, order, n % 2 == 0) for n, order in enumerate(orders)])
        accepted = sum(answer.body["accepted"] for answer in said if answer.status == 200)
        self.found.expect(
            all(answer.status == 200 for answer in said) and accepted == len(charges),
            f"crossing batches: {[a.status for a in said]}, accepted {accepted}",
        )

    def duplicates_in_batches(self) -> None:
        subscriber = self.subscriber()
        one = charge_body(subscriber)
        other = {**one, "amount": "7.00"}
        bad = {**charge_body(subscriber), "amount": "-1"}
        answer = self.batch([one, one, other, bad, "nonsense", one], True)
        statuses = [result["status"] for result in answer.body["results"]]
        self.found.expect(
            statuses == ["accepted", "replayed", "rejected", "rejected", "rejected", "replayed"],
            f"duplicates in a batch: {statuses}",
        )
        self.found.expect(
            answer.body["results"][2]["error"]["code"] == "id_reused", "id reused in a batch"
        )

    def batch(self, charges: list[Any], as_json: bool) -> Answer:
        """Post a batch until it is answered for good, and note its items as single charges."""
        if as_json:
            answers = self.client.insist("POST", "/charges/batch", {"charges": charges})
        else:
            lines = b"\n".join(json.dumps(charge).encode() for charge in charges)
            answers = [self._ndjson(lines)]
            while answers[-1].status in (0, 409, 503):
                answers.append(self._ndjson(lines))
        for charge in charges:
            if isinstance(charge, dict):
                self.journal.note("charge", charge["subscriber_id"], charge["charge_id"], [])
        for answer in answers:
            if answer.status == 200:
                self._note_results(charges, answer.body["results"])
        return answers[-1]

    def _ndjson(self, lines: bytes) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.client.token()}",
            "Content-Type": "application/x-ndjson",
        }
        return self.client.send("POST", "/charges/batch", lines, headers)

    def _note_results(self, charges: list[Any], results: list[dict[str, Any]]) -> None:
        self.found.expect(len(results) == len(charges), "a batch answers each item")
        for charge, result in zip(charges, results, strict=True):
            if result["status"] == "rejected":
                continue
            self.found.expect(result["charge_id"] == charge["charge_id"], "results in their order")
            said = Answer(200, {}, json.dumps(result).encode(), 0)
            self.journal.note("charge", charge["subscriber_id"], charge["charge_id"], [said])
