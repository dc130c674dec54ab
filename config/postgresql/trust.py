"""Whether a database may be worked with: one that forgets what it acknowledged may not."""

from collections.abc import Mapping

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
           set_config('synchronous_commit', current_setting('synchronous_commit'), false)
"""


def forgetful(found: Mapping[str, str]) -> str:
    """Return the settings under which acknowledged writes may be lost, or nothing."""
    return ", ".join(
        f"{name} = {said}" for name, said in found.items() if said not in _DURABLE[name]
    )


def require_trust(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Ask a connection, outside a transaction, whether its database may be worked with.

    Raises:
        DatabaseUntrusted: naming what is wrong.
    """
    answer = connection.execute(_ASK).fetchone()
    assert answer is not None, "a SELECT without FROM has one row"
    found = dict(zip(_DURABLE, map(str, answer), strict=True))
    if settings.DATABASE_MAY_FORGET:
        return
    if named := forgetful(found):
        raise DatabaseUntrusted(f"The database may lose what it acknowledged: {named}.")
