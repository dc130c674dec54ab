"""Sweeping lapsed lots."""

from benchmarks.figures import Bench, Figure, compare
from benchmarks.population import NOW, plain_connection, populate, settle, statement
from benchmarks.sizes import sizes
from loyalty.operations.expire_points import expire_points

_LOTS_EACH = 4


def expire() -> list[Figure]:
    """`expire_points` over lots of a few months, four of each subscriber."""
    pairs = sizes().expire_pairs
    lots = sizes().expire_lots // pairs
    with plain_connection() as connection:
        made = 0

        def fill() -> None:
            # Between turns, and beside the clock: each turn finds its own lots and no others.
            nonlocal made
            count = lots // _LOTS_EACH
            populate(connection, count, made + 1)
            connection.execute(
                statement("lapsed_lots"),
                {"first": made + 1, "last": made + count, "lots": _LOTS_EACH},
            )
            settle(connection)
            made += count

        def ours(_turn: int) -> None:
            emptied = expire_points(now=NOW)
            assert emptied == lots, "every lapsed lot is emptied"

        def floor(_turn: int) -> None:
            connection.execute(statement("floor_expire"), {"now": NOW})

        return [
            compare(
                "expire",
                work=ours,
                floor=floor,
                items=lots,
                pairs=pairs,
                unit="lots/s",
                aim=0.5,
                warm_up=0,
                before_each=fill,
            )
        ]


EXPIRE = Bench(
    "lapsed lots swept by expire_points, a commit per page",
    "every lot swept by one SQL statement (floor_expire.sql)",
    expire,
)
