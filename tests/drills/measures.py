"""How fast charges are taken, whether memory grows, and what an outage of the database does."""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.drills.books import compare
from tests.drills.client import Answer, Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.parts import Parts, kill, resident_kib
from tests.drills.races import Races
from tests.drills.words import charge_body

CONNECTIONS = 16
REQUESTS = 20_000
SECONDS_MAX = 100.0
WARM_UP = 2_000
GROWS_KIB_AT_MOST = 30_000
OUTAGE_SECONDS = 6.0
HANGS_AT_MOST = 10.0
BACK_WITHIN_SECONDS = 8.0


class Measures:
    """Numbers, and the few of them that are promised."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.races = Races(instance, client, found)
        self.parts = Parts(instance)

    def run(self) -> None:
        """Measure."""
        people = [self.races.subscriber() for _ in range(64)]
        self._post(people, WARM_UP)
        before = resident_kib(self.parts.web_workers())
        started = time.monotonic()
        answers = self._post(people, REQUESTS)
        took = time.monotonic() - started
        after = resident_kib(self.parts.web_workers())
        times = sorted(answer.seconds for answer in answers)
        statuses = Counter(answer.status for answer in answers)
        self.found.expect(set(statuses) == {201}, f"charges: {statuses}")
        self.found.measured(
            f"POST /charges, {CONNECTIONS} connections: {len(answers)} requests,"
            f" {len(answers) / took:.0f}/s,"
            f" p50 {1000 * times[len(times) // 2]:.0f} ms,"
            f" p99 {1000 * times[len(times) * 99 // 100]:.0f} ms"
        )
        self.found.measured(f"memory of the web workers, KiB: {before} before, {after} after")
        for small, large in zip(before, after, strict=False):
            self.found.expect(large - small < GROWS_KIB_AT_MOST, f"memory: {small} to {large} KiB")
        self._outage(people[:CONNECTIONS])
        compare(self.races.journal, self.instance, self.client, self.found)

    def _post(self, people: list[str], requests: int) -> list[Answer]:
        until = time.monotonic() + SECONDS_MAX

        def work(place: int) -> list[Answer]:
            said: list[Answer] = []
            for n in range(place, requests, CONNECTIONS):
                if time.monotonic() > until:
                    return said
                body = charge_body(people[n % len(people)], amount="1.00")
                answer = self.client.call("POST", "/charges", body)
                self.races.journal.note(
                    "charge", body["subscriber_id"], body["charge_id"], [answer]
                )
                said.append(answer)
            return said

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return [answer for said in pool.map(work, range(CONNECTIONS)) for answer in said]

    def _outage(self, people: list[str]) -> None:
        """The database is away for a while: its keeper sleeps, so that nobody restarts it."""
        over = threading.Event()
        answers: list[tuple[float, Answer]] = []

        def work(person: str) -> None:
            while not over.is_set():
                body = charge_body(person, amount="1.00")
                answer = self.client.call("POST", "/charges", body)
                answers.append((time.monotonic(), answer))
                self.races.journal.note("charge", person, body["charge_id"], [answer])
                time.sleep(0.05)

        self.client.token()
        with ThreadPoolExecutor(len(people)) as pool:
            crowd = [pool.submit(work, person) for person in people]
            time.sleep(1)
            os.kill(self.parts.launcher, signal.SIGSTOP)
            try:
                down_at = time.monotonic()
                kill(self.parts.postmaster())
                time.sleep(OUTAGE_SECONDS)
            finally:
                os.kill(self.parts.launcher, signal.SIGCONT)
            up_at = self._database_is_back()
            time.sleep(BACK_WITHIN_SECONDS)
            over.set()
            for each in crowd:
                each.result()
        down = [answer for at, answer in answers if down_at + 1 < at < down_at + OUTAGE_SECONDS]
        late = [answer for at, answer in answers if at > up_at + 5]
        self.found.measured(f"outage: {dict(Counter(a.status for a in down))} meanwhile")
        self.found.expect(
            bool(down) and all(a.status == 503 and "retry-after" in a.headers for a in down),
            f"during an outage: {Counter(a.status for a in down)}",
        )
        self.found.expect(
            bool(late) and all(a.status == 201 for a in late),
            f"5 s after the outage: {Counter(a.status for a in late)}",
        )
        slowest = max(answer.seconds for _, answer in answers)
        self.found.measured(f"outage: the slowest answer took {slowest:.1f} s")
        self.found.expect(slowest < HANGS_AT_MOST, f"an answer took {slowest:.1f} s")

    def _database_is_back(self) -> float:
        while True:
            try:
                self.instance.rows("SELECT 1 AS one")
            except Exception:  # noqa: BLE001 (whatever keeps it from answering)
                time.sleep(0.1)
            else:
                return time.monotonic()
