"""Posting in bulk, by one process and by two."""

from functools import partial
from typing import Any

import psycopg

from benchmarks.figures import Bench, Figure, compare
from benchmarks.population import NOW, bill_at, charge, plain_connection, populate, statement
from benchmarks.posters import posters
from benchmarks.sizes import sizes
from loyalty.policy.accrual import ChargeItem

# Pages of subscribers that turns go round; ours and the floor's alternate among them.
_PAGES = 10


def bulk() -> list[Figure]:
    """`post_charges` in calls of 10,000, one call after another."""
    return [_figure("bulk", processes=1, aim=0.4)]


def bulk_two_processes() -> list[Figure]:
    """The same split over two processes by subscriber, against the floor on one connection."""
    return [_figure("bulk_two_processes", processes=2, aim=0.7)]


def _figure(name: str, *, processes: int, aim: float) -> Figure:
    items = sizes().bulk_items
    works = [(partial(_bills, 2 * processes, part), None) for part in range(processes)]
    with posters(*works) as made, plain_connection() as connection:
        populate(connection, _PAGES * items)

        def prepare(turn: int) -> None:
            for poster in made:
                poster.prepare(turn)

        def ours(_turn: int) -> None:
            for poster in made:
                poster.start()
            for poster in made:
                poster.finish()

        def floor(turn: int) -> None:
            for part in range(processes, 2 * processes):
                _write_floor(connection, _page(2 * processes * turn + part), turn)

        return compare(
            name,
            work=ours,
            floor=floor,
            items=processes * items,
            pairs=sizes().bulk_pairs,
            unit="charges/s",
            aim=aim,
            warm_up=2,
            before_pair=prepare,
        )


def _bills(pages_per_turn: int, part: int, turn: int) -> list[ChargeItem]:
    return [charge(n, turn) for n in _page(pages_per_turn * turn + part)]


def _page(number: int) -> range:
    items = sizes().bulk_items
    start = number % _PAGES * items + 1
    return range(start, start + items)


def _write_floor(connection: "psycopg.Connection[Any]", numbers: range, turn: int) -> None:
    connection.execute(
        statement("floor_bulk"),
        {
            "first": numbers[0],
            "last": numbers[-1],
            "turn": turn,
            "bill_at": bill_at(turn),
            "now": NOW,
        },
    )


BULK = Bench(
    "charges posted by post_charges, 10,000 a call, in one process",
    "the same rows written by one SQL statement (floor_bulk.sql)",
    bulk,
)
TWO_PROCESSES = Bench(
    "the same by two processes, split by subscriber",
    "the same floor, on one connection",
    bulk_two_processes,
)
