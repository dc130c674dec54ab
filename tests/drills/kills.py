"""Processes die while clients keep posting, and nothing acknowledged is lost or doubled."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from tests.drills.books import compare
from tests.drills.client import SECONDS_MAX, Answer, Client
from tests.drills.findings import Findings
from tests.drills.imports import csv_of, upload
from tests.drills.instance import Instance
from tests.drills.parts import Parts, kill, wait_until
from tests.drills.races import Races
from tests.drills.words import charge_body, fresh, redemption_body, refund_body

CLIENTS = 8
ROUNDS = 2
SECONDS_BETWEEN = 4.0
BACK_WITHIN_SECONDS = 30.0
HANGS_AT_MOST = 12.0


class Victim(NamedTuple):
    """A part of the instance, and how many of its processes die; None for all."""

    name: str
    find: Callable[[], list[int]]
    how_many: int | None = None


class Kills:
    """A crowd of clients, and somebody who kills."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.parts = Parts(instance)
        self.races = Races(instance, client, found)
        self.journal = self.races.journal
        self.enough = threading.Event()
        self.answers: list[Answer] = []
        self.charges: dict[str, list[str]] = {}

    def run(self) -> None:
        """Let everything die twice, and compare with the ledger."""
        people = [self.races.subscriber() for _ in range(CLIENTS // 2)]
        imported = self._send_import([self.races.subscriber() for _ in range(8)])
        with ThreadPoolExecutor(CLIENTS) as pool:
            crowd = [pool.submit(self._work, people[n % len(people)], n) for n in range(CLIENTS)]
            try:
                for _ in range(ROUNDS):
                    self._kill_everything()
            finally:
                self.enough.set()
            for each in crowd:
                each.result()
        self._judge_answers()
        self._await_import(*imported)
        compare(self.journal, self.instance, self.client, self.found)

    def _kill_everything(self) -> None:
        parts = self.parts
        victims = [
            Victim("one web worker", parts.web_workers, 1),
            Victim("all web workers", parts.web_workers),
            # Sessions are opened when they are asked for, so only one is awaited.
            Victim("one backend", lambda: parts.backends()[:1]),
            Victim("the Celery worker and the clock", parts.worker),
            Victim("the web server", parts.web_main),
            Victim("the postmaster", parts.postmaster),
            Victim("web server and postmaster", lambda: parts.web_main() + parts.postmaster()),
        ]
        for victim in victims:
            self._kill(victim)
            time.sleep(SECONDS_BETWEEN)

    def _kill(self, victim: Victim) -> None:
        before = victim.find()
        dead = set(before[: victim.how_many])
        self.found.expect(kill(list(dead)) > 0, f"nothing to kill: {victim.name}")

        def is_back() -> bool:
            # What the dead leave behind may answer for a moment; only successors count.
            now = set(victim.find())
            return not now & dead and len(now) >= len(before) and self._answers()

        took = wait_until(is_back, BACK_WITHIN_SECONDS)
        said = f"back after {took:.1f} s" if took is not None else "not back"
        self.found.expect(took is not None, f"{victim.name} killed: {said}")
        self.found.measured(f"{victim.name} killed: {said}")

    def _answers(self) -> bool:
        probe = Client(self.instance)
        answer = probe.send("GET", "/program", headers={"Authorization": "Bearer x"})
        return answer.status == 401

    def _work(self, subscriber: str, seed: int) -> None:
        choose = random.Random(seed)
        mine: list[dict[str, Any]] = []
        while not self.enough.is_set():
            what = choose.choice(["charge", "charge", "charge", "again", "refund", "redeem"])
            if what == "charge" or not mine:
                mine.append(charge_body(subscriber, amount=f"{choose.randint(1, 400)}.50"))
                self._post("charge", subscriber, mine[-1]["charge_id"], "/charges", mine[-1])
            elif what == "again":
                body = choose.choice(mine)
                self._post("charge", subscriber, body["charge_id"], "/charges", body)
            elif what == "refund":
                charge_id = choose.choice(mine)["charge_id"]
                body = refund_body(subscriber, amount=f"{choose.randint(1, 30)}.25")
                path = f"/charges/{charge_id}/refunds"
                self._post("refund", subscriber, body["refund_id"], path, body)
            else:
                self._redeem(subscriber, choose)

    def _redeem(self, subscriber: str, choose: random.Random) -> None:
        body = redemption_body(subscriber, choose.randint(100, 300))
        redemption_id = body["redemption_id"]
        answer = self._post("reserve", subscriber, redemption_id, "/redemptions", body)
        if answer.is_acknowledged:
            step = choose.choice(["settle", "release", "settle-reverse", "hold"])
            for name in step.split("-") if step != "hold" else []:
                path = f"/redemptions/{redemption_id}/{name}"
                self._post(name, subscriber, redemption_id, path, {})

    def _post(self, kind: str, subscriber: str, key: str, path: str, body: Any) -> Answer:
        answers = self.client.insist("POST", path, body)
        self.journal.note(kind, subscriber, key, answers)
        self.answers += answers
        self.found.expect(
            answers[-1].status in (200, 201, 422), f"{kind} {key}: {answers[-1].status} at the end"
        )
        return answers[-1]

    def _judge_answers(self) -> None:
        statuses = Counter((answer.status, answer.code) for answer in self.answers)
        self.found.measured(f"answers: {dict(statuses)}")
        for answer in self.answers:
            if answer.status >= 500:
                self.found.expect(
                    answer.status == 503
                    and "retry-after" in answer.headers
                    and answer.headers["content-type"] == "application/problem+json",
                    f"{answer.status} {answer.headers} {answer.raw[:200]!r}",
                )
        slowest = max(answer.seconds for answer in self.answers)
        self.found.measured(f"the slowest answer took {slowest:.1f} s")
        self.found.expect(slowest < min(HANGS_AT_MOST, SECONDS_MAX), f"{slowest:.1f} s: a hang")

    def _send_import(self, people: list[str]) -> tuple[str, list[dict[str, Any]]]:
        """A file that is long enough to be read while processes die."""
        rows = [charge_body(people[n % len(people)], amount="1.00") for n in range(60_000)]
        import_id = fresh("im")
        answer = upload(self.client, import_id, "charges", csv_of(rows))
        self.found.expect(answer.status == 202, f"import: {answer.status} {answer.raw[:200]!r}")
        for row in rows:
            self.journal.note("charge", row["subscriber_id"], row["charge_id"], [])
        return import_id, rows

    def _await_import(self, import_id: str, rows: list[dict[str, Any]]) -> None:
        def is_over() -> bool:
            status: str = self.client.get(f"/imports/{import_id}")["status"]
            return status in ("finished", "failed")

        took = wait_until(is_over, 240)
        shown = self.client.get(f"/imports/{import_id}")
        self.found.expect(
            took is not None and shown["progress"]["accepted"] == len(rows),
            f"the import did not survive: {shown}",
        )
        self.found.measured(f"import after the killing: {shown['progress']}")
        held = self.instance.rows(
            "SELECT count(*) AS n FROM loyalty_charge WHERE charge_id = ANY(%s)",
            [row["charge_id"] for row in rows],
        )
        self.found.expect(held[0]["n"] == len(rows), f"imported charges held: {held[0]['n']}")
