"""Probes tell the truth, quickly, and to whoever asks by whatever name."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from config import health
from doors.models import ClockTick
from doors.tasks import tick


@pytest.fixture
def ticked(committed: None) -> Iterator[None]:
    """The clock has just struck."""
    tick()
    yield
    ClockTick.objects.all().delete()


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The database hangs; how often it was asked."""
    asked, enough = [0], Event()

    def wait() -> bool:
        asked[0] += 1
        enough.wait(10)
        return True

    monkeypatch.setitem(health.CHECKS, "database", health.Check(wait))
    yield asked
    enough.set()


def test_a_process_that_answers_lives(browser: Browser) -> None:
    answer = browser.get("/health/live", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.json()) == (200, {"status": "up"})


def test_a_process_knows_its_migrations_before_the_first_probe() -> None:
    """Reading them takes a busy machine longer than a probe waits."""
    said = "import config.wsgi; from config import health; health.MigrationLoader = None;"
    said += "print(len(health._migrations_needed()))"
    done = subprocess.run(
        [sys.executable, "-c", said],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout.splitlines()[-1]) > 100


def test_everything_is_there(ticked: None, browser: Browser) -> None:
    answer = browser.get("/health/ready")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "status": "up",
        "parts": {"database": "up", "migrations": "up", "broker": "up", "clock": "up"},
    }


def test_a_clock_that_stopped_is_seen(ticked: None, browser: Browser) -> None:
    ClockTick.objects.update(ticked_at=datetime.now(UTC) - timedelta(minutes=4))

    answer = browser.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["parts"]["clock"] == "down"
    # A load balancer asks for what the API needs.
    assert browser.get("/health/ready?parts=database,migrations").status_code == 200


def test_a_clock_that_never_struck_is_down(committed: None, browser: Browser) -> None:
    assert browser.get("/health/ready").json()["parts"]["clock"] == "down"


def test_a_migration_that_is_missing_is_seen(ticked: None, browser: Browser) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'doors' AND name = '0001_initial'"
        )
    try:
        answer = browser.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["parts"]["migrations"] == "down"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('doors', '0001_initial', now())"
            )


def test_a_broker_that_is_away_is_seen(ticked: None, browser: Browser, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "pgmq://nobody:x@127.0.0.1:1/none"
    answer = browser.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["broker"] == "down"


def test_a_database_that_hangs_is_told_in_time_and_asked_once(
    hang: list[int], browser: Browser
) -> None:
    started = monotonic()
    answers = [browser.get("/health/ready?parts=database") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json() == {"status": "down", "parts": {"database": "down"}}
    assert monotonic() - started < 2 * 1.2
    assert hang == [1]


@pytest.mark.parametrize("path", ["/health/ready?parts=secrets", "/health/ready?parts="])
def test_an_unknown_part_is_refused(path: str, ticked: None, browser: Browser) -> None:
    assert browser.get(path).status_code == (400 if "secrets" in path else 200)


def test_probes_are_read_only(browser: Browser) -> None:
    assert browser.post("/health/ready").status_code == 405


@pytest.mark.django_db
def test_the_tick_never_goes_back(now: datetime) -> None:
    from doors.ticks import last_tick
    from doors.ticks import tick as tick_verb

    assert last_tick() is None
    tick_verb(now=now)
    tick_verb(now=now - timedelta(minutes=1))
    assert last_tick() == now
