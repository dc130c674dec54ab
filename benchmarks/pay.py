"""Paying instalments that are due."""

from typing import Any

import psycopg

from benchmarks.figures import Bench, Figure, compare
from benchmarks.population import NOW, plain_connection, populate, settle, statement
from benchmarks.sizes import sizes
from loyalty.operations.pay_due import pay_due

# So that each inviter has three or four: within the limit of a month.
_INVITERS_SHARE = 0.3


class _Promises:
    """Cleared bonuses whose first instalments are due, as many again whenever asked for."""

    def __init__(self, connection: "psycopg.Connection[Any]", instalments: int) -> None:
        self.connection, self.instalments, self.last = connection, instalments, 0

    def make(self) -> None:
        inviters = int(self.instalments * _INVITERS_SHARE)
        first_inviter, last_inviter = self.last + 1, self.last + inviters
        self.last = last_inviter + self.instalments
        populate(self.connection, inviters + self.instalments, first_inviter)
        values = {
            "inviters_first": first_inviter,
            "inviters_last": last_inviter,
            "first": last_inviter + 1,
            "last": self.last,
            "day": NOW,
        }
        # What promised the bonuses isn't among the entries, which the wallets would demand.
        trigger = "TRIGGER loyalty_wallet_follows_its_entries"
        self.connection.execute(f"ALTER TABLE loyalty_wallet DISABLE {trigger}")
        self.connection.execute(statement("promised"), values)
        self.connection.execute(f"ALTER TABLE loyalty_wallet ENABLE {trigger}")
        settle(self.connection)


def pay() -> list[Figure]:
    """`pay_due` over first instalments of bonuses."""
    count = sizes().pay_instalments
    with plain_connection() as connection:
        promises = _Promises(connection, count)

        def ours(_turn: int) -> None:
            assert pay_due(now=NOW) == count, "every instalment is paid"

        def floor(_turn: int) -> None:
            connection.execute(statement("floor_pay"), {"now": NOW, "day": NOW})

        figure = compare(
            "pay",
            work=ours,
            floor=floor,
            items=count,
            pairs=sizes().pay_pairs,
            unit="instalments/s",
            aim=0.4,
            warm_up=0,
            before_each=promises.make,
        )
        return [figure]


PAY = Bench(
    "instalments paid by pay_due, a commit per page",
    "the same rows written by one SQL statement (floor_pay.sql)",
    pay,
)
