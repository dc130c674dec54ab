"""Traces of requests, tasks and statements, for an operator who collects them.

Nothing here is imported unless `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, Status

from doors.request_lines import request_id_of

# All that leaves; addresses, agents, paths and messages of errors stay. Statements have
# placeholders where they had values.
TOLD = frozenset(
    {
        "celery.action",
        "celery.retries",
        "celery.state",
        "celery.task_name",
        "db.name",
        "db.namespace",
        "db.operation",
        "db.query.text",
        "db.statement",
        "db.system",
        "db.system.name",
        "exception.type",
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "http.status_code",
        "messaging.destination",
        "messaging.message.id",
        "messaging.message_id",
        "tenure.request_id",
    }
)
# Probes come before it, and are not worth a trace.
_AFTER_PROBES = 1


class Discreet(SpanExporter):
    """Passes spans on with what is told, and nothing besides."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_without_the_untold(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def start(process: str) -> None:
    """Trace this process from now on; once, and before its requests or tasks.

    Args:
        process: "web" or "worker", told as the service's name unless `OTEL_SERVICE_NAME` is set.
    """
    provider = TracerProvider(
        resource=Resource({SERVICE_NAME: f"tenure-{process}"}).merge(Resource.create())
    )
    provider.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    instrument(provider)


def instrument(provider: TracerProvider) -> None:
    """Let Django, Celery and the driver tell their spans to `provider`."""
    DjangoInstrumentor().instrument(
        tracer_provider=provider,
        middleware_position=_AFTER_PROBES,
        request_hook=_note_request_id,
    )
    CeleryInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument(tracer_provider=provider)


def _note_request_id(span: Span, request: HttpRequest) -> None:
    span.set_attribute("tenure.request_id", request_id_of(request))


def _without_the_untold(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_told(span.attributes),
        events=[Event(each.name, _told(each.attributes), each.timestamp) for each in span.events],
        links=span.links,
        kind=span.kind,
        # Its description is the message of an error.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _told(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in TOLD}
