"""A database that may forget, or whose clock says another time, is not worked with."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from config import health
from config.postgresql.trust import Trust, forgetful, skew_seconds
from doors.outcomes import DatabaseUntrusted
from loyalty import tasks
from tests.books import moves
from tests.journeys.conftest import Billing
from tests.local.web_servers import database_url
from tests.watching.test_lost_commits import charge

DAY = 24 * 3_600
JOBS = [
    (tasks.expire_points, "expire_points"),
    (tasks.lapse_reservations, "lapse_reservations"),
    (tasks.pay_due, "pay_due"),
    (tasks.evaluate_tiers, "evaluate_tiers"),
]
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
    fresh.trust = Trust()
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


def start(part: str, first: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    setting_up = "import django; django.setup(); " if part != "web" else ""
    return subprocess.run(
        [sys.executable, "-c", first + setting_up + STARTS[part]],
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
    connection.trust = Trust()  # type: ignore[attr-defined]
    connection.close_if_unusable_or_obsolete()

    refused = billing.post("/charges", charge())

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    settings.DATABASE_MAY_FORGET = True
    assert billing.post("/charges", charge()).status_code == 200


@pytest.mark.parametrize(
    ("before", "database", "after", "skew"),
    [(10, 10.5, 11, 0), (10, 10, 10, 0), (10, 4, 11, -6), (10, 40, 11, 29), (10, 69, 70, 0)],
)
def test_the_time_that_the_question_took_is_no_skew(
    before: float, database: float, after: float, skew: float
) -> None:
    assert skew_seconds(before=before, database=database, after=after) == skew


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set this process's clock by so many seconds; not the one that only counts on."""
    real = time.time

    def set_by(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return set_by


@pytest.mark.parametrize(("seconds", "told"), [(400 * DAY, "later"), (-120, "earlier")])
def test_a_clock_that_is_wrong_is_refused(
    fresh: Any, set_clock: Callable[[float], None], seconds: float, told: str
) -> None:
    fresh.ensure_connection()
    set_clock(seconds)
    assert not fresh.is_usable()
    fresh.close()
    with pytest.raises(DatabaseUntrusted, match=f"here it is {told}"):
        fresh.ensure_connection()
    assert fresh.connection is None


def test_a_clock_that_is_a_little_off_is_none_the_worse(
    fresh: Any, set_clock: Callable[[float], None]
) -> None:
    fresh.ensure_connection()
    set_clock(45)
    assert fresh.is_usable()
    fresh.close()
    fresh.ensure_connection()


def test_no_transaction_begins_once_the_clock_was_set(
    committed: None, set_clock: Callable[[float], None]
) -> None:
    """A command that loops for hours has no request at whose beginning it would be asked."""
    with transaction.atomic():
        pass
    set_clock(400 * DAY)
    with pytest.raises(DatabaseUntrusted), transaction.atomic():
        raise AssertionError("nothing runs here")
    set_clock(0)
    with transaction.atomic():
        pass


def test_no_request_is_served(billing: Billing, set_clock: Callable[[float], None]) -> None:
    set_clock(400 * DAY)
    connection.close_if_unusable_or_obsolete()
    refused = billing.post("/charges", charge())
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    set_clock(0)
    assert billing.post("/charges", charge()).status_code == 201


def test_no_job_runs(billing: Billing, set_clock: Callable[[float], None]) -> None:
    """A worker that is 400 days ahead would let every lot lapse."""
    assert billing.post("/charges", charge()).status_code == 201
    set_clock(400 * DAY)
    for task, command in JOBS:
        connection.close_if_unusable_or_obsolete()
        with pytest.raises(DatabaseUntrusted):
            task.apply(throw=True)
        with pytest.raises(DatabaseUntrusted):
            call_command(command)
    set_clock(0)
    assert moves("S-1") == [("accrual", "issued", "available", 599)]


@pytest.mark.parametrize("part", STARTS)
def test_no_process_starts_with_a_wrong_clock(part: str, committed: None) -> None:
    wrong = "import time; real = time.time; time.time = lambda: real() + 34_560_000; "
    refused = start(part, wrong)
    assert refused.returncode != 0
    assert "34,560,000 s apart" in refused.stderr
