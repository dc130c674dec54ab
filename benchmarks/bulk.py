"""Posting in bulk, by one process and by two."""

from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from benchmarks.figures import Bench, Figure, compare
from benchmarks.population import (
    NOW,
    bill_at,
    charge,
    plain_connection,
    populate,
    statement,
)
from benchmarks.sizes import sizes
from loyalty.operations.post_charges import post_charges

# Pages of subscribers that turns go round; ours and the floor's alternate among them.
_PAGES = 10


def bulk() -> list[Figure]:
    """`post_charges` in calls of 10,000, one call after another."""
    items = sizes().bulk_items
    with plain_connection() as connection:
        populate(connection, _PAGES * items)
        # Made before the clock starts: whoever posts has them.
        pages = {
            turn: [charge(n, turn) for n in _page(2 * turn, items)]
            for turn in range(sizes().bulk_pairs + 2)
        }

        def ours(turn: int) -> None:
            outcomes = post_charges(charges=pages[turn], now=NOW)
            assert all(outcome.points_earned for outcome in outcomes), "nothing is refused"

        def floor(turn: int) -> None:
            _write_floor(connection, _page(2 * turn + 1, items), turn)

        return [
            compare(
                "bulk",
                work=ours,
                floor=floor,
                items=items,
                pairs=sizes().bulk_pairs,
                unit="charges/s",
                aim=0.4,
                warm_up=2,
            )
        ]


def bulk_two_processes() -> list[Figure]:
    """The same split over two processes by subscriber, against the floor on one connection."""
    items = sizes().bulk_items
    # Forked before this process has connections that they would share.
    context = get_context("fork")
    pipes, workers = [], []
    for half in range(2):
        here, there = context.Pipe()
        worker = context.Process(target=_post_when_told, args=(there, half, items))
        worker.start()
        there.close()
        pipes.append(here)
        workers.append(worker)
    with plain_connection() as connection:
        populate(connection, _PAGES * items)
        try:
            for pipe in pipes:
                pipe.recv()

            def ours(turn: int) -> None:
                for pipe in pipes:
                    pipe.send(turn)
                for pipe in pipes:
                    pipe.recv()

            def floor(turn: int) -> None:
                for part in range(2):
                    _write_floor(connection, _page(4 * turn + 2 + part, items), turn)

            return [
                compare(
                    "bulk_two_processes",
                    work=ours,
                    floor=floor,
                    items=2 * items,
                    pairs=sizes().bulk_pairs,
                    unit="charges/s",
                    aim=0.7,
                    warm_up=2,
                )
            ]
        finally:
            for pipe in pipes:
                pipe.send(None)
            for worker in workers:
                worker.join()


def _post_when_told(pipe: Connection, half: int, items: int) -> None:
    pages = {
        turn: [charge(n, turn) for n in _page(4 * turn + half, items)]
        for turn in range(sizes().bulk_pairs + 2)
    }
    pipe.send("ready")
    while (turn := pipe.recv()) is not None:
        post_charges(charges=pages[turn], now=NOW)
        pipe.send("done")


def _page(number: int, items: int) -> range:
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
