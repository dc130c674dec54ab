"""Figures are those of the tables and the processes, and not for everybody."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as of_django
from django.db import connection
from django.test import Client as Browser
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from config import metrics as module
from config.metrics import Figure, ProgramFigures, Reading
from doors.models import ClockTick
from doors.tasks import tick
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from outbox.models import Message
from outbox.operations.relay_events import relay_events
from tests.factories import post, register
from tests.outbox.conftest import accrued, announce, endpoint_at

TOKEN = "m" * 20


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def ask_for_payout(*, now: datetime) -> None:
    asked = PayoutRequest("ann", "goodwill", "person", "c", value_minor=30_000, terms=1)
    request_payouts(requests=[asked], now=now)


def figures(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def scrape(browser: Browser, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Read /metrics as its scraper does; the figures are read anew."""
    settings.METRICS_TOKEN = TOKEN
    fresh = CollectorRegistry()
    fresh.register(ProgramFigures())
    monkeypatch.setattr(module, "_figures", fresh)

    def read() -> dict[tuple[str, tuple[str, ...]], float]:
        answer = browser.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return figures(answer.content.decode())

    return read


@pytest.mark.django_db
def test_the_figures_are_those_of_the_tables(scrape: Any) -> None:
    now = datetime.now(UTC)
    register("ann", now=now - timedelta(days=800))
    post("c-1", "ann", now=now - timedelta(days=1))
    ask_for_payout(now=now - timedelta(hours=1))
    tick()

    found = scrape()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox_event")
        assert found["tenure_outbox_waiting_events", ()] == cursor.fetchone()[0] > 0
        cursor.execute("SELECT sum(available + reserved + pending) FROM loyalty_wallet")
        assert found["tenure_liability_roubles", ()] == cursor.fetchone()[0] / 100 > 0
    assert found["tenure_due_rows", ("screen_payouts",)] == 1
    assert found["tenure_due_rows", ("expire_points",)] == 0
    assert found["tenure_payouts_held_roubles", ("in_review",)] == 0
    assert found["tenure_cases", ("gate",)] == 0
    assert 0 <= found["tenure_clock_tick_age_seconds", ()] < 60
    assert found["tenure_figures_unread", ("outbox",)] == 0


@pytest.mark.django_db
def test_what_is_held_is_told_in_roubles(scrape: Any) -> None:
    now = datetime.now(UTC)
    register("ann", now=now - timedelta(days=30))
    ask_for_payout(now=now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_payout SET status = 'in_review'")

    found = scrape()

    assert found["tenure_payouts_held", ("in_review",)] == 1
    assert found["tenure_payouts_held_roubles", ("in_review",)] == 300


@pytest.mark.django_db
def test_what_an_endpoint_has_not_taken_is_told(scrape: Any) -> None:
    now = datetime.now(UTC)
    endpoint_at("https://hooks.example.com/tenure", now=now)
    announce("points.accrued", accrued("ann", 1), now=now)
    announce("points.accrued", accrued("ann", 2), now=now)
    relay_events(now=now)
    given_up, _waiting = Message.objects.order_by("pk")
    Message.objects.update(written_at=now - timedelta(hours=2))
    Message.objects.filter(pk=given_up.pk).update(status="dead", ended_at=now)

    found = scrape()

    label = ("crm",)
    assert found["tenure_webhook_waiting_messages", label] == 1
    assert 7_200 <= found["tenure_webhook_oldest_seconds", label] < 7_260
    assert found["tenure_webhook_dead_messages", label] == 1


@pytest.mark.django_db
def test_requests_are_counted_by_route(browser: Browser) -> None:
    labels = {"method": "GET", "route": "problems/<slug:code>", "status": "4xx"}
    before = counted("tenure_request_seconds_count", **labels)
    for code in ("one", "two"):
        browser.get(f"/problems/{code}")
    assert counted("tenure_request_seconds_count", **labels) == before + 2
    browser.generic("INVENTED", "/problems/x")
    assert counted("tenure_request_seconds_count", **(labels | {"method": "INVENTED"})) == 0


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, "203.0.113.9", 200),
        ({"authorization": "Bearer other"}, "10.0.0.7", 401),
        ({}, "10.0.0.7", 200),
        ({}, "203.0.113.9", 401),
        # A proxy of ours that asks for somebody outside.
        ({"x-forwarded-for": "10.0.0.1"}, "10.0.0.7", 401),
        ({}, "nonsense", 401),
    ],
)
@pytest.mark.django_db
def test_metrics_are_for_scrapers(
    headers: dict[str, str], address: str, status: int, browser: Browser, settings: Any
) -> None:
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = TOKEN, ["10.0.0.0/8"]
    answer = browser.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status


def test_without_anybody_to_read_them_there_are_none(browser: Browser, settings: Any) -> None:
    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", []
    assert browser.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.fixture
def slept() -> ProgramFigures:
    def sleep(now: datetime) -> dict[str, dict[tuple[str, ...], float]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        return {}

    reading = Reading("slow", sleep, 15, {"tenure_slow": Figure("Slow.")})
    return ProgramFigures([reading])


@pytest.mark.django_db
def test_a_figure_that_takes_too_long_is_left_out_and_said_to_be(
    slept: ProgramFigures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STATEMENT_SECONDS_MAX", 1)
    started = datetime.now(UTC)
    families = {family.name: family for family in slept.collect()}
    assert families["tenure_slow"].samples == []
    assert families["tenure_figures_unread"].samples[0].value == 1
    assert datetime.now(UTC) - started < timedelta(seconds=10)


@pytest.mark.django_db
def test_figures_are_kept_for_a_while(django_assert_num_queries: Any) -> None:
    collector = ProgramFigures()
    list(collector.collect())
    with django_assert_num_queries(0):
        list(collector.collect())


@pytest.fixture
def entries() -> Any:
    def read(kind: str) -> tuple[float, float]:
        return (
            counted("tenure_postings_total", kind=kind),
            counted("tenure_points_total", kind=kind),
        )

    return read


def test_entries_count_once_they_are_committed(committed: None, entries: Any) -> None:
    from django.db import transaction

    now = datetime.now(UTC)
    register("ann", now=now - timedelta(days=30))
    before = entries("accrual")
    with transaction.atomic():
        post("rolled back", "ann", now=now)
        transaction.set_rollback(True)
    assert entries("accrual") == before

    post("c-1", "ann", now=now)

    assert entries("accrual") == (before[0] + 1, before[1] + 1000)


def test_jobs_count_with_what_they_did(committed: None) -> None:
    labels = {"task": "loyalty.tasks.expire_points", "outcome": "done"}
    before = counted("tenure_job_seconds_count", **labels)
    from loyalty.tasks import expire_points

    assert expire_points() == 0

    assert counted("tenure_job_seconds_count", **labels) == before + 1
    ClockTick.objects.all().delete()


def test_processes_share_their_counters(tmp_path: Path) -> None:
    program = (
        "import django; django.setup();"
        "from doors.metrics import count_job;"
        "count_job('t', outcome='done', seconds=1, done={'rows': 2})"
    )
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    def run(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=of_django.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    for _ in range(2):
        run(program)
    told = (
        "import django; django.setup();"
        "from config import metrics;"
        "print(metrics.generate_latest(metrics._counters()).decode())"
    )
    assert figures(run(told))["tenure_job_rows_total", ("t", "rows")] == 4
