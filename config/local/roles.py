"""The cluster's roles and databases: the owner's, the application's and the broker's."""

import psycopg
from pgmq.install import install_pgmq_from_sql
from psycopg import sql

from config.local.cluster import OWNER
from config.local.instance import Instance
from config.timeouts import COMMAND, TIMEOUTS, WORKER, Timeouts

APP = "tenure_app"
BROKER = "tenure_broker"
DATABASE = "tenure"

# For whoever comes without time-outs of their own (psql, a report); our processes bring theirs.
ROLE_TIMEOUTS = {APP: TIMEOUTS[WORKER], OWNER: TIMEOUTS[COMMAND]}


def ensure_roles(instance: Instance) -> None:
    """Make what is missing, and set the passwords that are remembered. Safe to repeat."""
    with psycopg.connect(instance.maintenance_conninfo(), autocommit=True) as connection:
        _ensure_role(connection, APP, instance.app_password)
        _ensure_role(connection, BROKER, instance.broker_password)
        for role, timeouts in ROLE_TIMEOUTS.items():
            _ensure_timeouts(connection, role, timeouts)
        _ensure_database(connection, DATABASE, owner=OWNER)
        _ensure_database(connection, BROKER, owner=BROKER)
        for name in ("postgres", "template1"):
            _keep_out(connection, name)
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(DATABASE), sql.Identifier(APP)
            )
        )


def ensure_broker(instance: Instance) -> None:
    """Install pgmq's SQL in the broker's database, unless it is there. Safe to repeat."""
    with psycopg.connect(instance.broker_conninfo()) as connection:
        found = connection.execute("SELECT to_regnamespace('pgmq') IS NOT NULL").fetchone()
        if found == (True,):
            return
        install_pgmq_from_sql(conn=connection)


def release_unfinished(conninfo: str) -> int:
    """Make the messages visible again that a dead worker had taken; how many.

    A message stays hidden for longer than the longest task may last, so one that died with
    its worker would otherwise wait for hours. Only for the moment when the one worker of the
    broker isn't running: of a live one, it would repeat the work.
    """
    released = 0
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        queues = connection.execute("SELECT queue_name FROM pgmq.meta").fetchall()
        for (queue,) in queues:
            # One never read is delayed on purpose.
            statement = sql.SQL(
                "UPDATE {} SET vt = clock_timestamp() WHERE read_ct > 0 AND vt > clock_timestamp()"
            ).format(sql.Identifier("pgmq", f"q_{queue}"))
            released += connection.execute(statement).rowcount
    return released


def _ensure_role(
    connection: psycopg.Connection[tuple[object, ...]], role: str, password: str
) -> None:
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "CREATE" if known is None else "ALTER"
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
        )
    )


def _ensure_timeouts(
    connection: psycopg.Connection[tuple[object, ...]], role: str, timeouts: Timeouts
) -> None:
    for name, value in timeouts.settings.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
            )
        )


def _ensure_database(
    connection: psycopg.Connection[tuple[object, ...]], name: str, *, owner: str
) -> None:
    known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
    if known is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(owner)
            )
        )
    _keep_out(connection, name)


def _keep_out(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Let only its owner, and who is granted it, connect: each role has a database of its own."""
    connection.execute(
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
    )
