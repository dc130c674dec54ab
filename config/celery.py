"""The task queue: where its broker is, and how much it may lose (nothing)."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_process_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tenure", task_cls="doors.tasks:Job")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Let Celery's lines take the way of all others; it asks before it sets up its own."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def serve_metrics(**_: Any) -> None:
    """Serve a worker's metrics where it has a machine of its own (`METRICS_PORT`)."""
    from django.conf import settings

    if settings.METRICS_PORT:
        from config.metrics import serve_counters

        serve_counters(settings.METRICS_PORT)


@worker_process_init.connect
def trace(**_: Any) -> None:
    """Trace a worker's process, which collects its spans in a thread of its own."""
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        from config.traces import start

        start("worker")


@worker_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_: Any) -> None:
    from doors.checks import refuse_unsafe_start, refuse_untrusted_database

    try:
        refuse_unsafe_start()
        refuse_untrusted_database()
    except ImproperlyConfigured as refusal:
        # Celery logs what its receivers raise and goes on, unless it is this.
        raise SystemExit(str(refusal)) from None


@beat_init.connect
def strike_at_once(**_: Any) -> None:
    """Let a clock that has just been started be seen, and not only with the next full minute."""
    app.send_task("doors.tasks.tick", retry=False)
