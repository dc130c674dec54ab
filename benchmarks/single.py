"""Posting one charge at a time, over one connection."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from os import environ
from typing import Any

import psycopg

from benchmarks.figures import Bench, Figure, compare
from benchmarks.population import NOW, charge, plain_connection, populate_with_history, statement
from benchmarks.sizes import sizes
from loyalty.operations.post_charges import post_charges
from loyalty.policy.accrual import ChargeItem

# Pages of subscribers that turns go round.
_PAGES = 20
_FLOOR_CALL = b"SELECT bench_post_charge(%s, %s, %s, %s, %s, %s)"


def single() -> list[Figure]:
    """`post_charges` with a list of one, each committed."""
    items, pairs = sizes().single_items, sizes().single_pairs
    with plain_connection() as connection, _hordak() as hordak:
        populate_with_history(connection, _PAGES * items)
        connection.execute(statement("floor_single").encode())

        def ours(turn: int) -> None:
            for item in _charges(2 * turn):
                post_charges(charges=[item], now=NOW)

        def floor(turn: int) -> None:
            _call_floor(psycopg.Cursor(connection), _charges(2 * turn + 1))

        def ours_again(turn: int) -> None:
            ours(turn + pairs + 1)

        compared = partial(compare, work=ours, items=items, pairs=pairs, unit="charges/s")
        return [
            compared("single", floor=floor, aim=0.15),
            compared("single_vs_hordak", work=ours_again, floor=hordak, aim=1.0),
        ]


def _charges(page: int) -> list[ChargeItem]:
    items = sizes().single_items
    start = page % _PAGES * items + 1
    return [charge(n, page // _PAGES) for n in range(start, start + items)]


def _call_floor(cursor: "psycopg.Cursor[Any]", charges: Sequence[ChargeItem]) -> None:
    for item in charges:
        cursor.execute(
            _FLOOR_CALL,
            (
                item.subscriber_id,
                item.charge_id,
                item.amount_minor,
                item.kind,
                item.occurred_at,
                NOW,
            ),
            prepare=True,
        )


@contextmanager
def _hordak() -> Iterator[Callable[[int], None]]:
    """Makes as many transfers in a turn, in the same database, by a process of its own."""
    peer = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.peer_hordak"],
        env={**environ, "DJANGO_SETTINGS_MODULE": "benchmarks.peer_hordak_settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert peer.stdin is not None, "it is told how many"
    assert peer.stdout is not None, "it says when they are made"
    say_to, hear = peer.stdin, peer.stdout

    def transfer(_turn: int) -> None:
        say_to.write(f"{sizes().single_items}\n")
        say_to.flush()
        assert hear.readline() == "done\n", "the peer works"

    try:
        yield transfer
    finally:
        peer.terminate()
        peer.wait()


SINGLE = Bench(
    "one charge per call of post_charges, over one connection, each committed",
    "the same reads and writes as one PL/pgSQL function (floor_single.sql)",
    single,
)
