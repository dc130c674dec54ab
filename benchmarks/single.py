"""Posting one charge at a time, over one connection."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from os import environ
from typing import Any

import psycopg

from benchmarks.figures import Bench, Figure, compare, say
from benchmarks.population import NOW, charge, plain_connection, populate, statement
from benchmarks.sizes import sizes
from loyalty.operations.post_charges import post_charges
from loyalty.policy.accrual import ChargeItem

_FLOOR_CALL = b"SELECT bench_post_charge(%s, %s, %s, %s, %s, %s)"


def single() -> list[Figure]:
    """`post_charges` with a list of one, each committed."""
    items = sizes().single_items
    with plain_connection() as connection:
        populate(connection, 20 * items)
        connection.execute(statement("floor_single").encode())

        def ours(turn: int) -> None:
            for item in _charges(2 * turn):
                post_charges(charges=[item], now=NOW)

        def floor(turn: int) -> None:
            _call_floor(_floor_cursor(connection), _charges(2 * turn + 1))

        figure = compare(
            "single",
            work=ours,
            floor=floor,
            items=items,
            pairs=sizes().single_pairs,
            unit="charges/s",
            aim=0.15,
        )
    peer = _hordak_rate(items)
    say(f"  single: django-hordak's transfer_to, which does far less: {peer:,.0f}/s")
    beside_the_peer = replace(
        figure, name="single_vs_hordak", floor_rate=peer, ratio=figure.rate / peer, aim=1.0
    )
    return [figure, beside_the_peer]


def _charges(page: int) -> list[ChargeItem]:
    items = sizes().single_items
    start = page * items % (20 * items) + 1
    return [charge(n, page // 20) for n in range(start, start + items)]


def _floor_cursor(connection: "psycopg.Connection[Any]") -> "psycopg.Cursor[Any]":
    return psycopg.Cursor(connection)


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


def _hordak_rate(items: int) -> float:
    """Transfers a second, in the same database, by a process with settings of its own."""
    peer = subprocess.run(
        [sys.executable, "-m", "benchmarks.peer_hordak", str(items)],
        env={**environ, "DJANGO_SETTINGS_MODULE": "benchmarks.peer_hordak_settings"},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(peer.stdout)


SINGLE = Bench(
    "one charge per call of post_charges, over one connection, each committed",
    "the same reads and writes as one PL/pgSQL function (floor_single.sql)",
    single,
)
