"""Judging a million open referrals, of which some are due, and screening their bonuses."""

from dataclasses import replace
from typing import Any

import psycopg

from benchmarks.figures import Bench, Figure, compare, say, seconds_of
from benchmarks.population import NOW, plain_connection, populate, settle, statement
from benchmarks.sizes import sizes
from loyalty.operations.screen_payouts import screen_payouts
from referrals.operations.vest_referrals import Vested, vest_referrals

# Of ten referrals nine are still open; of the tenth's tenth five qualify.
_DUE_SHARE, _QUALIFYING_SHARE = 10, 2
_INVITEES_EACH = 5
_LONG_AGO_DAYS, _LATELY_DAYS = 130, 60
_SCREENED = 10_000


class _Referrals:
    """Open referrals, and more of them that are due, whenever they are asked for."""

    def __init__(self, connection: "psycopg.Connection[Any]", referrals: int) -> None:
        self.connection, self.due = connection, referrals // _DUE_SHARE
        self.inviters = self.last = referrals // _INVITEES_EACH
        populate(connection, self.inviters)
        self._invite(referrals - self.due, days=_LATELY_DAYS, some_left=False)

    def make(self) -> None:
        self._invite(self.due, days=_LONG_AGO_DAYS, some_left=True)
        settle(self.connection)

    def _invite(self, count: int, *, days: int, some_left: bool) -> None:
        first, self.last = self.last + 1, self.last + count
        values = {
            "first": first,
            "last": self.last,
            "inviters": self.inviters,
            "now": NOW,
            "days": days,
            "some_left": some_left,
        }
        self.connection.execute(statement("invited"), values)


def vest() -> list[Figure]:
    """`vest_referrals` over open referrals, a tenth of which are due."""
    count = sizes().vest_referrals
    with plain_connection() as connection:
        referrals = _Referrals(connection, count)

        def ours(_turn: int) -> None:
            vested = vest_referrals(now=NOW)
            assert vested.qualified == referrals.due // _QUALIFYING_SHARE, "half of them qualify"
            assert vested.qualified + vested.expired == referrals.due, "all of them are judged"

        def floor(_turn: int) -> None:
            connection.execute(statement("floor_vest"), {"now": NOW})

        figure = compare(
            "vest",
            work=ours,
            floor=floor,
            items=count,
            pairs=sizes().vest_pairs,
            unit="referrals/s",
            aim=0.5,
            warm_up=0,
            before_each=referrals.make,
        )
        again = seconds_of(_vest_again)
        say(f"  vest: a second run, which changes nothing, takes {again:.2f} s")
        return [replace(figure, extra={"second_run_s": again, **_screening(connection)})]


def _vest_again() -> None:
    assert vest_referrals(now=NOW) == Vested(0, 0, 0), "a second run changes nothing"


def _screening(connection: "psycopg.Connection[Any]") -> dict[str, float]:
    """How many of the bonuses that were requested are screened in a second."""
    connection.execute(
        "UPDATE loyalty_payout SET requested_at = 'infinity' WHERE id NOT IN ("
        "SELECT id FROM loyalty_payout ORDER BY id LIMIT %s)",
        [_SCREENED],
    )
    settle(connection)
    screened = 0

    def work() -> None:
        nonlocal screened
        screened = screen_payouts(now=NOW)

    rate = 1 / seconds_of(work)
    say(f"  vest: {screened * rate:,.0f} of {screened:,} payouts screened in a second")
    return {"screened_per_s": screened * rate}


VEST = Bench(
    "open referrals judged by vest_referrals, a tenth of them due, their bonuses requested",
    "the same rows written by one SQL statement (floor_vest.sql)",
    vest,
)
