"""Threads that make answers, in places of their own: who fills one leaves the others free."""

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from enum import StrEnum
from queue import SimpleQueue
from threading import Thread
from typing import Any


class Place(StrEnum):
    """Where a request is answered."""

    # Whether this process lives: asked by whoever would kill it.
    LIVE = "live"
    # Readiness and metrics, which wait for the database.
    WATCHED = "watched"
    # Files of any size, which are read as they arrive.
    UPLOADS = "uploads"
    EVERYONE = "everyone"


_WATCHED_PATHS = frozenset({"/health/ready", "/metrics"})

Job = tuple[Callable[[], Any], AbstractEventLoop, "Future[Any]"]


def place_for(path: str) -> Place:
    """Return where the requests of a path are answered, uploads apart."""
    if path == "/health/live":
        return Place.LIVE
    return Place.WATCHED if path in _WATCHED_PATHS else Place.EVERYONE


class Threads:
    """So many threads with one queue; each lives as long as the process, with its connection."""

    def __init__(self, place: Place, count: int) -> None:
        self._queue: SimpleQueue[Job] = SimpleQueue()
        self.count = count
        self.taken = 0
        for number in range(count):
            Thread(target=self._work, name=f"{place}-{number}", daemon=True).start()

    @property
    def is_full(self) -> bool:
        """Whether one more request would have to wait."""
        return self.taken >= self.count

    async def run(self, act: Callable[[], Any], loop: AbstractEventLoop) -> Any:
        """Return what a thread made of it."""
        done: Future[Any] = loop.create_future()
        self.taken += 1
        try:
            self._queue.put((act, loop, done))
            return await done
        finally:
            self.taken -= 1

    def _work(self) -> None:
        while True:
            act, loop, done = self._queue.get()
            try:
                made = act()
            except BaseException as error:  # noqa: BLE001
                # It is the request's, and rises where the request is waited for.
                loop.call_soon_threadsafe(_fail, done, error)
            else:
                loop.call_soon_threadsafe(_end, done, made)
            # The next wait would keep the last request alive.
            act = loop = done = made = None  # type: ignore[assignment]


def _end(done: "Future[Any]", made: Any) -> None:
    if not done.done():
        done.set_result(made)


def _fail(done: "Future[Any]", error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
