"""Traces go out where somebody collects them, and say nothing about a person."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config.traces import TOLD, Discreet, instrument


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What would have left this process."""
    collected = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Discreet(collected)))
    before = list(settings.MIDDLEWARE)
    instrument(provider)
    yield collected
    DjangoInstrumentor().uninstrument()
    CeleryInstrumentor().uninstrument()  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().uninstrument()
    settings.MIDDLEWARE = before


@pytest.mark.django_db
def test_a_request_gives_a_span_with_its_route_and_no_personal_data(
    spans: InMemorySpanExporter, browser: Browser, bearer: Any
) -> None:
    browser.get(
        "/api/v1/subscribers/S-private/wallet?x=%2B79161234567",
        headers={
            "authorization": bearer(),
            "user-agent": "somebody",
            "x-request-id": "abc-1",
            "x-forwarded-for": "203.0.113.9",
        },
    )

    [span] = [span for span in spans.get_finished_spans() if span.kind.name == "SERVER"]
    route = "api/v1/subscribers/<client_id:subscriber_id>/wallet"
    assert span.attributes is not None
    assert span.attributes["http.route"] == route
    assert span.attributes["tenure.request_id"] == "abc-1"
    assert route in span.name
    said = "".join(each.to_json() for each in spans.get_finished_spans())
    for private in ("S-private", "79161234567", "somebody", "203.0.113.9", "127.0.0.1"):
        assert private not in said


@pytest.mark.urls("tests.doors.charges")
def test_an_error_is_told_by_its_type(spans: InMemorySpanExporter, browser: Browser) -> None:
    browser.get("/failing-page")

    said = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "secret" not in said
    assert "Traceback" not in said


def test_a_statement_is_told_without_its_values(
    committed: None, spans: InMemorySpanExporter
) -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", ["+79161234567"])
    connection.close()

    told = [span for span in spans.get_finished_spans() if span.name == "SELECT"]
    assert told, [span.name for span in spans.get_finished_spans()]
    assert "79161234567" not in "".join(span.to_json() for span in told)


@pytest.mark.django_db
def test_a_task_gives_a_span(spans: InMemorySpanExporter) -> None:
    from doors.tasks import tick

    tick.apply()

    [span] = [span for span in spans.get_finished_spans() if "doors.tasks.tick" in span.name]
    assert set(span.attributes or ()) <= TOLD


def test_probes_leave_no_trace(spans: InMemorySpanExporter, browser: Browser) -> None:
    browser.get("/health/live")
    assert spans.get_finished_spans() == ()


def test_nothing_of_it_is_imported_unless_it_is_wanted() -> None:
    program = (
        "import sys, config.wsgi, config.celery;"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == "[]"
