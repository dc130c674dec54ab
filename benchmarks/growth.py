"""Whether a charge costs more when the ledger has grown."""

from functools import partial

import psycopg

from benchmarks import databases
from benchmarks.figures import Bench, Figure, compare, say
from benchmarks.population import charge, plain_connection, populate, settle, statement
from benchmarks.posters import posters
from benchmarks.sizes import sizes
from loyalty.policy.accrual import ChargeItem

# A ledger grows with its subscribers: each has twenty entries, whatever its size.
_ENTRIES_EACH = 20
_PAGE = 10_000
_FILL_AT_ONCE = 25_000


def growth() -> list[Figure]:
    """`post_charges` in calls of 10,000 on a large ledger, beside the same on a small one."""
    small, large = sizes().growth_small, sizes().growth_large
    # Both take the same number, also in a short run whose ledgers are small.
    page = min(_PAGE, small // _ENTRIES_EACH, large // _ENTRIES_EACH)
    with (
        databases.copy("growth_small") as small_url,
        posters(
            (partial(_page, large // _ENTRIES_EACH, page), None),
            (partial(_page, small // _ENTRIES_EACH, page), small_url),
        ) as (on_large, on_small),
    ):
        _fill(small_url, small)
        _fill(None, large)

        def prepare(turn: int) -> None:
            on_large.prepare(turn)
            on_small.prepare(turn)

        def ours(_turn: int) -> None:
            on_large.start()
            on_large.finish()

        def floor(_turn: int) -> None:
            on_small.start()
            on_small.finish()

        return [
            compare(
                "growth",
                work=ours,
                floor=floor,
                items=page,
                pairs=sizes().growth_pairs,
                unit="charges/s",
                aim=0.8,
                warm_up=2,
                before_pair=prepare,
            )
        ]


def _page(subscribers: int, size: int, turn: int) -> list[ChargeItem]:
    """The bills of a turn, in the order of subscribers, as a billing run sends them."""
    start = turn * size % subscribers + 1
    return [charge(n, turn) for n in range(start, start + size)]


def _fill(url: str | None, entries: int) -> None:
    subscribers = entries // _ENTRIES_EACH
    with plain_connection(url) as connection:
        populate(connection, subscribers)
        for first in range(1, subscribers + 1, _FILL_AT_ONCE):
            last = min(first + _FILL_AT_ONCE - 1, subscribers)
            connection.execute(statement("history"), {"first": first, "last": last})
            if (first // _FILL_AT_ONCE) % 8 == 7:
                say(f"  growth: {last * _ENTRIES_EACH:>12,} of {entries:,} entries made")
        settle(connection)
        say(f"  growth: {entries:,} entries, {_gigabytes(connection):.1f} GB")


def _gigabytes(connection: "psycopg.Connection[tuple[int]]") -> float:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return row[0] / 1e9


GROWTH = Bench(
    "post_charges, 10,000 a call, on a ledger of 20,000,000 entries",
    "the same on a ledger of 200,000 entries",
    growth,
)
