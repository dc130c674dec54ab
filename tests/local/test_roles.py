"""The broker's database keeps messages, and gives back what a dead worker had taken."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from pgmq.install import install_pgmq_from_sql

from config.local.roles import release_unfinished

NAME = "broker_of_a_test"


@pytest.fixture
def broker() -> Iterator[str]:
    """A database with pgmq's SQL in it, and one queue."""
    owner = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
    name = f"{NAME}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
        conninfo = psycopg.conninfo.make_conninfo(owner, dbname=name)
        with psycopg.connect(conninfo) as inner:
            install_pgmq_from_sql(conn=inner)
            inner.execute("SELECT pgmq.create('tenure')")
        yield conninfo
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def send(conninfo: str, *, delay_seconds: int = 0) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pgmq.send('tenure', '{}'::jsonb, %s)", [delay_seconds])


def take(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        return len(connection.execute("SELECT * FROM pgmq.read('tenure', 7200, 10)").fetchall())


def test_a_message_that_a_dead_worker_had_taken_comes_again(broker: str) -> None:
    send(broker)
    assert take(broker) == 1
    assert take(broker) == 0

    assert release_unfinished(broker) == 1

    assert take(broker) == 1


def test_a_message_that_is_delayed_on_purpose_stays_so(broker: str) -> None:
    send(broker, delay_seconds=600)

    assert release_unfinished(broker) == 0

    assert take(broker) == 0


@pytest.mark.parametrize("role", ["tenure_app", "tenure_broker"])
def test_a_role_connects_to_its_own_database_only(role: str) -> None:
    """Besides those that tests make."""
    owner = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
    with psycopg.connect(owner, autocommit=True) as connection:
        reached = connection.execute(
            "SELECT datname FROM pg_database WHERE has_database_privilege(%s, datname, 'CONNECT')"
            " AND datname IN ('tenure', 'tenure_broker', 'postgres', 'template1')",
            [role],
        ).fetchall()
    assert reached == [("tenure" if role == "tenure_app" else "tenure_broker",)]


def test_roles_have_time_outs_of_their_own() -> None:
    """They were made by the launcher of this very run."""
    owner = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
    with psycopg.connect(owner, autocommit=True) as connection:
        said: dict[str, list[str]] = dict(
            connection.execute(
                "SELECT r.rolname, s.setconfig FROM pg_db_role_setting s"
                " JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = 0"
            ).fetchall()
        )
    assert "statement_timeout=1800s" in said["tenure_app"]
    assert "lock_timeout=5s" in said["tenure_owner"]
    assert "statement_timeout=0s" in said["tenure_owner"]
