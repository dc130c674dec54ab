"""Processes that post pages of charges when they are told, each over its own connection."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from django.db import connections

from benchmarks.population import NOW
from loyalty.operations.post_charges import post_charges
from loyalty.policy.accrual import ChargeItem

Pages = Callable[[int], list[ChargeItem]]


class Poster:
    """One such process."""

    def __init__(self, pages: Pages, database: str | None) -> None:
        self._pipe, there = get_context("fork").Pipe()
        self._process = get_context("fork").Process(
            target=_post_when_told, args=(there, pages, database), daemon=True
        )
        self._process.start()
        there.close()

    def prepare(self, turn: int) -> None:
        """Let it make the page of a turn: whoever posts has the charges."""
        self._pipe.send(turn)
        self._pipe.recv()

    def start(self) -> None:
        """Tell it to post the page that it has."""
        self._pipe.send(None)

    def finish(self) -> None:
        """Wait until it has."""
        self._pipe.recv()

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()


@contextmanager
def posters(*works: tuple[Pages, str | None]) -> Iterator[Sequence[Poster]]:
    """A process for each: what it posts in a turn, and the address of another database.

    Made before this process has connections, which they would share.
    """
    made = [Poster(pages, database) for pages, database in works]
    try:
        yield made
    finally:
        for poster in made:
            poster.stop()


def _post_when_told(pipe: Connection, pages: Pages, database: str | None) -> None:
    if database is not None:
        connections.databases["default"]["NAME"] = urlsplit(database).path[1:]
    page: list[ChargeItem] = []
    while True:
        turn = pipe.recv()
        if turn is not None:
            page = pages(turn)
        else:
            outcomes = post_charges(charges=page, now=NOW)
            assert all(outcome.points_earned for outcome in outcomes), "nothing is refused"
        pipe.send("done")
