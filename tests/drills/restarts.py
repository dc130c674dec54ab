"""The database is restarted in good order while clients keep posting."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg

from tests.drills.books import compare
from tests.drills.client import Answer, Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.kills import CLIENTS, Kills
from tests.drills.parts import send, wait_until

RESTARTS = 3
SECONDS_BETWEEN = 6.0
BACK_WITHIN_SECONDS = 60.0
ERRORS_END_WITHIN_SECONDS = 5.0


class Restart(NamedTuple):
    """When the database was told to stop, and when it answered again."""

    stopped_at: float
    returned_at: float


class Stamping(Client):
    """Notes when each error was heard: no answer, or one of ours that says to come again."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.errors_at: list[float] = []

    def send(self, *args: Any, **kwargs: Any) -> Answer:
        answer = super().send(*args, **kwargs)
        if answer.status == 0 or answer.status >= 500:
            self.errors_at.append(time.monotonic())
        return answer


class Restarts(Kills):
    """A crowd of clients, and an administrator.

    Errors end within five seconds of the database's return, and whatever was acknowledged is in
    the ledger.
    """

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.stamping = Stamping(instance)
        super().__init__(instance, self.stamping, found)
        self.restarts: list[Restart] = []

    def run(self) -> None:
        """Restart the database a few times, and compare with the ledger."""
        people = [self.races.subscriber() for _ in range(CLIENTS // 2)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            crowd = [pool.submit(self._work, people[n % len(people)], n) for n in range(CLIENTS)]
            try:
                for _ in range(RESTARTS):
                    time.sleep(SECONDS_BETWEEN)
                    self._restart()
                time.sleep(SECONDS_BETWEEN)
            finally:
                self.enough.set()
            for each in crowd:
                each.result()
        self._judge_answers()
        self._judge_errors()
        compare(self.journal, self.instance, self.client, self.found)

    def _restart(self) -> None:
        before = self.parts.postmaster()
        self.found.expect(len(before) == 1, f"postmasters: {before}")
        stopped_at = time.monotonic()
        # Its fast shutdown: sessions end, and what isn't committed is rolled back.
        send(before, signal.SIGINT)
        gone = wait_until(lambda: not set(before) & set(self.parts.postmaster()), 30)
        took = wait_until(self._database_answers, BACK_WITHIN_SECONDS)
        self.restarts.append(Restart(stopped_at, time.monotonic()))
        self.found.expect(
            gone is not None and took is not None, f"database restarted: {gone}, {took}"
        )

    def _database_answers(self) -> bool:
        with suppress(psycopg.OperationalError), self.instance.owner() as connection:
            return connection.execute("SELECT 1").fetchone() is not None
        return False

    def _judge_errors(self) -> None:
        ends = [restart.stopped_at for restart in self.restarts[1:]] + [float("inf")]
        for restart, end in zip(self.restarts, ends, strict=True):
            errors = [at for at in self.stamping.errors_at if restart.stopped_at <= at < end]
            last = max(errors, default=restart.returned_at) - restart.returned_at
            away = restart.returned_at - restart.stopped_at
            said = (
                f"away for {away:.1f} s, {len(errors)} errors,"
                f" the last {last:+.1f} s after the database's return"
            )
            self.found.measured(said)
            self.found.expect(bool(errors), f"nobody noticed the restart: {said}")
            self.found.expect(last <= ERRORS_END_WITHIN_SECONDS, said)
