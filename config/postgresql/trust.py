"""Whether a database may be worked with.

One that may forget what it acknowledged may not, nor one whose clock says another time than this
machine's: a clock that is wrong lets points lapse and reservations end.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

import psycopg
from django.conf import settings

from doors.outcomes import DatabaseUntrusted

# `remote_write` and `remote_apply` wait for this machine's disk too. `local` would let a
# synchronous replica, where there is one, miss what was acknowledged.
_DURABLE = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_write", "remote_apply"},
}

# `synchronous_commit` is kept for the session as it was found: a later reload of the server's
# settings can't weaken it. The other two are the server's alone.
_ASK = """
    SELECT current_setting('fsync'), current_setting('full_page_writes'),
           set_config('synchronous_commit', current_setting('synchronous_commit'), false),
           extract(epoch FROM clock_timestamp())::float8
"""


class Trust(NamedTuple):
    """When a database was asked last, by both of this machine's clocks, in seconds."""

    steady: float = 0.0
    wall: float = 0.0

    def holds(self, *, seconds: float) -> bool:
        """Whether the database was asked so lately, and the clock wasn't set meanwhile."""
        passed = time.monotonic() - self.steady
        if passed >= seconds:
            return False
        was_set_by = abs(time.time() - self.wall - passed)
        return was_set_by <= float(settings.CLOCK_SKEW_SECONDS)


def forgetful(found: Mapping[str, str]) -> str:
    """Return the settings under which acknowledged writes may be lost, or nothing."""
    return ", ".join(
        f"{name} = {said}" for name, said in found.items() if said not in _DURABLE[name]
    )


def skew_seconds(*, before: float, database: float, after: float) -> float:
    """Return by how much the database's clock is ahead of ours, at least; negative if behind.

    Args:
        before: our clock when the question was sent.
        database: the database's clock, some time between.
        after: our clock when the answer had come.
    """
    return max(database - after, 0.0) + min(database - before, 0.0)


def require_trust(connection: "psycopg.Connection[tuple[object, ...]]") -> Trust:
    """Ask a connection, outside a transaction, whether its database may be worked with.

    Raises:
        DatabaseUntrusted: naming what is wrong.
    """
    asked = Trust(time.monotonic(), time.time())
    answer = connection.execute(_ASK).fetchone()
    after = time.time()
    assert answer is not None, "a SELECT without FROM has one row"
    *found, said = answer
    assert isinstance(said, float), "the clock is asked for in seconds"

    skew = skew_seconds(before=asked.wall, database=said, after=after)
    if abs(skew) > settings.CLOCK_SKEW_SECONDS:
        raise DatabaseUntrusted(
            f"The database's clock and this machine's are {abs(skew):,.0f} s apart:"
            f" here it is {'later' if skew < 0 else 'earlier'}."
        )
    named = forgetful(dict(zip(_DURABLE, map(str, found), strict=True)))
    if named and not settings.DATABASE_MAY_FORGET:
        raise DatabaseUntrusted(f"The database may lose what it acknowledged: {named}.")
    return asked
