"""Sweeping lapsed lots, and what the API feels of it."""

from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from statistics import quantiles

import psycopg

from benchmarks import bare
from benchmarks.figures import Bench, Figure, compare, say
from benchmarks.load import load_process, send_all
from benchmarks.population import NOW, plain_connection, populate, settle, statement
from benchmarks.server import bearer, charge_request, web_server
from benchmarks.sizes import sizes
from loyalty.operations.expire_points import expire_points

_LOTS_EACH = 4
_REQUESTS_PER_SECOND = 40
_LOAD_SECONDS = 15


# A sweep of everything, which would ask elsewhere.
_ALL = 10**15


class _LapsedLots:
    """Subscribers whose lots have all lapsed, as many again whenever they are asked for."""

    def __init__(self, connection: "psycopg.Connection[tuple[int]]", lots: int) -> None:
        self.connection, self.subscribers, self.last = connection, lots // _LOTS_EACH, 0

    def make(self) -> range:
        """Their numbers; nobody else's lots are left to be swept."""
        first, self.last = self.last + 1, self.last + self.subscribers
        populate(self.connection, self.subscribers, first)
        self.connection.execute(
            statement("lapsed_lots"), {"first": first, "last": self.last, "lots": _LOTS_EACH}
        )
        settle(self.connection)
        return range(first, self.last + 1)


def expire() -> list[Figure]:
    """`expire_points` over lots of a few months, four of each subscriber."""
    pairs = sizes().expire_pairs
    lots = sizes().expire_lots // pairs
    with load_process() as loader, plain_connection() as connection:
        lapsed = _LapsedLots(connection, lots)

        def ours(_turn: int) -> None:
            assert expire_points(now=NOW, points_max=_ALL) == lots, "every lapsed lot is emptied"

        def floor(_turn: int) -> None:
            connection.execute(statement("floor_expire"), {"now": NOW})

        figure = compare(
            "expire",
            work=ours,
            floor=floor,
            items=lots,
            pairs=pairs,
            unit="lots/s",
            aim=0.5,
            warm_up=0,
            before_each=lapsed.make,
        )
        connection.execute(bare.TABLE)
        return [replace(figure, extra=_felt_by_the_api(loader, lapsed))]


def _felt_by_the_api(loader: Executor, lapsed: _LapsedLots) -> dict[str, float]:
    """The 99th percentile of `POST /charges` before a sweep and during it, in milliseconds.

    The charges are of the very subscribers that are swept.
    """
    numbers = lapsed.make()
    header = bearer()
    count = _REQUESTS_PER_SECOND * _LOAD_SECONDS
    spread = [numbers[place * len(numbers) // count] for place in range(count)]
    with web_server() as port:
        sent = partial(send_all, port=port, connections=8, per_second=_REQUESTS_PER_SECOND)
        # Each worker's first requests load what later ones have.
        for turn in range(2):
            requests = [charge_request(number, turn, header) for number in spread]
            idle = loader.submit(sent, requests).result()
        busy = loader.submit(sent, [charge_request(number, 2, header) for number in spread])
        expire_points(now=NOW, points_max=_ALL)
        during = busy.result()
    p99_idle, p99_during = (
        1000 * quantiles(answers.latencies, n=100)[-1] for answers in (idle, during)
    )
    say(f"  expire: p99 of POST /charges {p99_idle:.0f} ms idle, {p99_during:.0f} ms beside it")
    return {
        "p99_idle_ms": p99_idle,
        "p99_during_ms": p99_during,
        "p99_growth": p99_during / p99_idle,
    }


EXPIRE = Bench(
    "lapsed lots swept by expire_points, a commit per page; the API's p99 aims at < 2 times idle",
    "every lot swept by one SQL statement (floor_expire.sql)",
    expire,
)
