"""Databases that live for one run: each benchmark starts on a fresh, migrated one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

_PREFIX = "tenure_bench_"
TEMPLATE = _PREFIX + "template"
_BASE_DIR = Path(__file__).resolve().parent.parent


def url_of(database: str) -> str:
    """The address of a database beside the configured one, as its owner."""
    url = environ.get("OWNER_DATABASE_URL") or environ["DATABASE_URL"]
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextmanager
def template() -> Iterator[None]:
    """A migrated database, which the others are copies of, until the run ends."""
    _recreate(TEMPLATE, "template0")
    try:
        subprocess.run(
            [sys.executable, str(_BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"],
            env={
                **environ,
                "DATABASE_URL": url_of(TEMPLATE),
                "OWNER_DATABASE_URL": url_of(TEMPLATE),
            },
            check=True,
        )
        yield
    finally:
        _drop(TEMPLATE)


@contextmanager
def copy(name: str, source: str = TEMPLATE) -> Iterator[str]:
    """A database of its own for one benchmark; its address."""
    _recreate(_PREFIX + name, source)
    try:
        yield url_of(_PREFIX + name)
    finally:
        _drop(_PREFIX + name)


def _recreate(database: str, source: str) -> None:
    _drop(database)
    _maintain(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(source)
        )
    )


def _drop(database: str) -> None:
    _maintain(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _maintain(statement: sql.Composed) -> None:
    with psycopg.connect(url_of("postgres"), autocommit=True) as connection:
        connection.execute(statement)
