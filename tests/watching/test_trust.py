"""A database that may lose what it acknowledged is not worked with, by any process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from config import health
from config.postgresql.trust import forgetful
from doors.outcomes import DatabaseUntrusted
from tests.journeys.conftest import Billing
from tests.local.web_servers import database_url
from tests.watching.test_lost_commits import charge

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ""),
        ({"synchronous_commit": "remote_write"}, ""),
        ({"synchronous_commit": "remote_apply"}, ""),
        ({"synchronous_commit": "off"}, "synchronous_commit = off"),
        ({"synchronous_commit": "local"}, "synchronous_commit = local"),
        ({"fsync": "off"}, "fsync = off"),
        ({"full_page_writes": "off"}, "full_page_writes = off"),
        (
            dict.fromkeys(DURABLE, "off"),
            "fsync = off, full_page_writes = off, synchronous_commit = off",
        ),
    ],
)
def test_settings_that_lose_writes_are_named(changed: dict[str, str], told: str) -> None:
    assert forgetful({**DURABLE, **changed}) == told


@pytest.fixture
def fresh(db: None) -> Iterator[Any]:
    """A wrapper of its own, whose connection is made anew."""
    wrapper = connection.copy()
    yield wrapper
    wrapper.close()


def test_a_new_connection_is_refused(fresh: Any, settings: Any) -> None:
    settings.DATABASE_MAY_FORGET = False
    # Again and again: nothing is left of the refused one that could be used.
    for _ in range(2):
        with pytest.raises(DatabaseUntrusted, match="fsync = off"):
            fresh.cursor()
        assert fresh.connection is None


def test_a_kept_connection_is_asked_again_and_refused(fresh: Any, settings: Any) -> None:
    fresh.ensure_connection()
    settings.DATABASE_MAY_FORGET = False
    assert fresh.is_usable(), "it was asked a moment ago"
    fresh.trusted_until = 0.0
    assert not fresh.is_usable()


def test_the_session_keeps_its_own_synchronous_commit(fresh: Any) -> None:
    with fresh.cursor() as cursor:
        cursor.execute("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
        assert cursor.fetchone() == ("session",)


def test_readiness_says_so(committed: None, settings: Any) -> None:
    assert health.ask(["database"]) == {"database": "up"}
    settings.DATABASE_MAY_FORGET = False
    assert health.ask(["database"]) == {"database": "down"}


STARTS = {
    "web": "import config.wsgi",
    "worker": "import config.celery, celery.signals as s; s.worker_init.send(None)",
    "beat": "import config.celery, celery.signals as s; s.beat_init.send(None)",
}


def start(part: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    setting_up = "import django; django.setup(); " if part != "web" else ""
    return subprocess.run(
        [sys.executable, "-c", setting_up + STARTS[part]],
        env={**os.environ, "DATABASE_URL": database_url(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("part", STARTS)
def test_no_process_starts(part: str, committed: None) -> None:
    assert start(part).returncode == 0
    refused = start(part, DATABASE_MAY_FORGET="false")
    assert refused.returncode != 0
    assert "fsync = off" in refused.stderr


@pytest.mark.parametrize("part", STARTS)
def test_a_process_starts_while_the_database_is_away(part: str) -> None:
    away = start(part, DATABASE_URL="postgres://tenure:x@127.0.0.1:1/tenure")
    assert away.returncode == 0, away.stderr


def test_a_command_is_refused(committed: None) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "expire_points"],
        env={**os.environ, "DATABASE_URL": database_url(), "DATABASE_MAY_FORGET": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "fsync = off" in run.stderr


def test_a_server_that_runs_stops_serving(billing: Billing, settings: Any) -> None:
    """The settings were changed under a kept connection."""
    assert billing.post("/charges", charge()).status_code == 201
    settings.DATABASE_MAY_FORGET = False
    connection.trusted_until = 0.0  # type: ignore[attr-defined]
    connection.close_if_unusable_or_obsolete()

    refused = billing.post("/charges", charge())

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    settings.DATABASE_MAY_FORGET = True
    assert billing.post("/charges", charge()).status_code == 200
