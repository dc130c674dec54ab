"""What Prometheus reads: the counters of all processes, and figures of the tables."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from secrets import compare_digest
from threading import Lock
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from doors.ticks import last_tick
from fraud.queries.backlog import queue_backlogs
from loyalty.queries.backlog import due_by_job, payouts_held, points_owed
from loyalty.queries.terms import terms_calendar
from outbox.queries.lag import news_lag
from referrals.queries.backlog import referrals_due

STATEMENT_SECONDS_MAX = 2
KEPT_SECONDS = 15.0
# A sum over all wallets.
KEPT_LONG_SECONDS = 300.0

logger = logging.getLogger(__name__)

# By metric; the labels' values in the order of the metric's labels.
Samples = Mapping[str, Mapping[tuple[str, ...], float]]


class Figure(NamedTuple):
    """A gauge: what it says, and by what it is told apart."""

    meaning: str
    labels: tuple[str, ...] = ()


class Reading(NamedTuple):
    """Figures that are read together, and how long they are kept."""

    name: str
    read: Callable[[datetime], Samples]
    kept_seconds: float
    figures: Mapping[str, Figure]


def _outbox(now: datetime) -> Samples:
    lag = news_lag()
    return {
        "tenure_outbox_waiting_events": {(): lag.unrelayed},
        "tenure_outbox_oldest_seconds": {(): _age(lag.oldest_at, now)},
        "tenure_webhook_waiting_messages": {
            (each.endpoint.webhook_id,): each.pending for each in lag.endpoints
        },
        "tenure_webhook_oldest_seconds": {
            (each.endpoint.webhook_id,): _age(each.oldest_at, now) for each in lag.endpoints
        },
        "tenure_webhook_dead_messages": {
            (each.endpoint.webhook_id,): each.dead for each in lag.endpoints
        },
    }


def _due(now: datetime) -> Samples:
    due = due_by_job(now=now) | {"vest_referrals": referrals_due(now=now)}
    return {"tenure_due_rows": {(job,): rows for job, rows in due.items()}}


def _cases(now: datetime) -> Samples:
    queues = queue_backlogs(now=now).items()
    return {
        "tenure_cases": {(queue,): waits.cases for queue, waits in queues},
        "tenure_cases_overdue": {(queue,): waits.overdue for queue, waits in queues},
        "tenure_case_oldest_seconds": {
            (queue,): _age(waits.oldest_at, now) for queue, waits in queues
        },
        "tenure_cases_roubles": {(queue,): waits.value_minor / 100 for queue, waits in queues},
    }


def _held(now: datetime) -> Samples:
    held = payouts_held().items()
    return {
        "tenure_payouts_held": {(status,): each.number for status, each in held},
        "tenure_payouts_held_roubles": {(status,): each.value_minor / 100 for status, each in held},
    }


def _liability(now: datetime) -> Samples:
    value_minor = points_owed() * terms_calendar().at(now).terms.point_value_minor
    return {"tenure_liability_roubles": {(): value_minor / 100}}


def _clock(now: datetime) -> Samples:
    ticked_at = last_tick()
    if ticked_at is None:
        return {}
    return {"tenure_clock_tick_age_seconds": {(): _age(ticked_at, now)}}


READINGS = (
    Reading(
        "outbox",
        _outbox,
        KEPT_SECONDS,
        {
            "tenure_outbox_waiting_events": Figure("Events that were not relayed yet."),
            "tenure_outbox_oldest_seconds": Figure("How long the oldest of them has waited."),
            "tenure_webhook_waiting_messages": Figure(
                "Messages that an endpoint has not taken yet.", ("webhook",)
            ),
            "tenure_webhook_oldest_seconds": Figure(
                "How long the oldest of them has waited.", ("webhook",)
            ),
            "tenure_webhook_dead_messages": Figure(
                "Messages that were given up and not sent again.", ("webhook",)
            ),
        },
    ),
    Reading(
        "due",
        _due,
        KEPT_SECONDS,
        {"tenure_due_rows": Figure("Rows that a job would find due, 100,000 at most.", ("job",))},
    ),
    Reading(
        "cases",
        _cases,
        KEPT_SECONDS,
        {
            "tenure_cases": Figure("Cases that are not closed.", ("queue",)),
            "tenure_cases_overdue": Figure("Those past their deadline.", ("queue",)),
            "tenure_case_oldest_seconds": Figure("The age of the oldest of them.", ("queue",)),
            "tenure_cases_roubles": Figure("What they are about.", ("queue",)),
        },
    ),
    Reading(
        "held",
        _held,
        KEPT_SECONDS,
        {
            "tenure_payouts_held": Figure("Payouts in review, or frozen.", ("status",)),
            "tenure_payouts_held_roubles": Figure("What they are worth.", ("status",)),
        },
    ),
    Reading(
        "liability",
        _liability,
        KEPT_LONG_SECONDS,
        {
            "tenure_liability_roubles": Figure(
                "What the points are worth that subscribers have or may still get."
            )
        },
    ),
    Reading(
        "clock",
        _clock,
        KEPT_SECONDS,
        {"tenure_clock_tick_age_seconds": Figure("How long ago the clock last struck.")},
    ),
)


class Kept(NamedTuple):
    """What a reading found, and until when it stands."""

    samples: Samples
    is_read: bool
    until: float


class ProgramFigures(Collector):
    """The figures of the tables, read at most every few seconds, each within two seconds.

    What can't be read is left out, and counted: an old figure would look like a good one.
    """

    def __init__(self, readings: Iterable[Reading] = READINGS) -> None:
        self._readings = tuple(readings)
        self._kept: dict[str, Kept] = {}
        # Scrapes that come at once read the tables once.
        self._lock = Lock()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every gauge."""
        unread = GaugeMetricFamily(
            "tenure_figures_unread", "Whether figures could not be read.", labels=["reading"]
        )
        with self._lock:
            kept = {reading.name: self._found(reading) for reading in self._readings}
        for reading in self._readings:
            found = kept[reading.name]
            unread.add_metric([reading.name], int(not found.is_read))
            for name, figure in reading.figures.items():
                gauge = GaugeMetricFamily(name, figure.meaning, labels=figure.labels)
                for labels, value in found.samples.get(name, {}).items():
                    gauge.add_metric(labels, value)
                yield gauge
        yield unread

    def _found(self, reading: Reading) -> Kept:
        kept = self._kept.get(reading.name)
        if kept is None or kept.until <= monotonic():
            kept = self._kept[reading.name] = _read(reading)
        return kept


def _read(reading: Reading) -> Kept:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS_MAX}s'")
            samples = reading.read(datetime.now(UTC))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Figures of %s can't be read: %s", reading.name, type(error).__name__)
        return Kept({}, False, monotonic() + KEPT_SECONDS)
    return Kept(samples, True, monotonic() + reading.kept_seconds)


def metrics(request: HttpRequest) -> HttpResponse:
    """GET /metrics: for whoever may read them, and as if there were none for all others."""
    if not (settings.METRICS_TOKEN or settings.METRICS_NETWORKS):
        return HttpResponse(status=404)
    if not _may_read(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    body = generate_latest(_counters()) + generate_latest(_figures)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def serve_counters(port: int) -> None:
    """Serve this machine's counters at a port of their own; figures are the web servers' to read.

    Raises:
        OSError: the port is taken.
    """
    start_http_server(port, registry=_counters())


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        # The address is a proxy's, which stands inside and asks for whoever is outside.
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_NETWORKS)


def _counters() -> CollectorRegistry:
    if not settings.METRICS_DIR:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=settings.METRICS_DIR)  # type: ignore[no-untyped-call]
    return registry


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)


_figures = CollectorRegistry()
_figures.register(ProgramFigures())
