"""A cluster's server as a supervised part, and how to tell that it answers."""

import signal
from pathlib import Path

import psycopg

from config.local.cluster import Cluster
from config.local.supervisor import NotYet, Part


def server_part(cluster: Cluster, *, port: int, log: Path) -> Part:
    """PostgreSQL, which ends its sessions and shuts down cleanly on SIGINT."""
    return Part(
        name="postgres",
        command=cluster.command(port),
        environment=cluster.binaries.environment,
        log=log,
        identity=cluster.identity,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        patience_seconds=60,
        before_start=cluster.clear_the_way,
        working_directory=Path("/"),
    )


def answers(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo, connect_timeout=3) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        # Still starting, or recovering from a crash.
        return False
    return True


def require(conninfo: str) -> None:
    """For a part that would only fail while the database is away.

    Raises:
        NotYet: it doesn't answer.
    """
    if not answers(conninfo):
        raise NotYet("the database doesn't answer")
