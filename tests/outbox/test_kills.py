"""Killed at any point, the relay and the sender lose nothing and keep the order."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from outbox.models import Event, Message
from outbox.operations.claim_messages import LEASE
from outbox.operations.relay_events import relay_events
from outbox.operations.send_messages import send_messages
from tests.outbox.conftest import Clock, accrued, announce, carried, endpoint_at
from tests.outbox.killed import POINTS
from tests.outbox.receivers import Receiver
from tests.races.conftest import at_once  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("committed")]

NAMES = [f"subscriber {number}" for number in range(30)]
CHARGES = range(4)


def announce_all(now: datetime) -> None:
    for charge in CHARGES:
        announce("points.accrued", *(accrued(name, charge) for name in NAMES), now=now)


def killed(point: str) -> None:
    """Run both, in a process that dies at a point."""
    database = str(connection.settings_dict["NAME"])
    ended = subprocess.run(
        [sys.executable, "-m", "tests.outbox.killed", point, database],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRETS_KEYS": ",".join(django_settings.SECRETS_KEYS),
            "WEBHOOKS_ALLOW_HTTP": "true",
            "WEBHOOKS_PORTS": "*",
            "WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8",
        },
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 9, ended.stderr.decode()


@pytest.fixture
def empty(committed: None) -> None:
    assert not Event.objects.exists()


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_loses_nothing(
    point: str, receiver: Receiver, clock: Clock, empty: None
) -> None:
    secret = endpoint_at(receiver.url, now=clock())
    announce_all(clock())
    killed(point)
    relay_events(now=clock())
    clock.pass_by(seconds=LEASE.total_seconds() + 120)
    # The dead sender's place is free once the database has noticed that its connection is cut.
    patience = time.monotonic() + 30
    while Message.objects.filter(status="pending").exists() and time.monotonic() < patience:
        send_messages(clock=clock)
    assert not Event.objects.filter(relayed_at=None).exists()
    assert set(Message.objects.values_list("status", flat=True)) == {"delivered"}
    once = {received.message: received for received in receiver.delivered}
    for name in NAMES:
        # Repeated ones aside, which a receiver tells by their id.
        said = [
            item["charge_id"]
            for received in once.values()
            for item in received.items
            if item["subscriber_id"] == name
        ]
        assert sorted(said) == [f"charge-{charge}" for charge in CHARGES]
        first_seen = list(dict.fromkeys(item["charge_id"] for item in receiver.items_of(name)))
        assert first_seen == [f"charge-{charge}" for charge in CHARGES]
    assert secret


def test_a_relay_that_dies_after_the_tasks_hands_them_over_again(clock: Clock, empty: None) -> None:
    closed = {"subscriber_id": "ann", "status": "closed", "since": "2026-03-17T09:41:07Z"}
    event = announce("subscriber.closed", closed, now=clock())
    killed("handed over")
    assert relay_events(now=clock()) == (1, 0)
    assert carried == [("subscriber.closed", [event])]


def test_two_relays_at_once_write_each_message_once_and_in_order(
    at_once: Callable[..., list[Any]],  # noqa: F811
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("outbox.operations.relay_events.EVENTS_PER_PAGE", 2)
    endpoint_at("http://127.0.0.1:9/hooks", now=clock())
    for charge in range(40):
        announce("points.accrued", accrued("ann", charge), now=clock())
    results = at_once(*[lambda: relay_events(now=clock())] * 3)
    assert sum(result.events for result in results) == 40
    events = [message.event_id or 0 for message in Message.objects.order_by("id")]
    assert len(events) == 40
    assert events == sorted(events)


def test_two_senders_at_once_send_each_message_once_and_in_order(
    at_once: Callable[..., list[Any]],  # noqa: F811
    receiver: Receiver,
    clock: Clock,
    settings: Any,
) -> None:
    settings.WEBHOOKS_SENDERS = 3
    settings.WEBHOOKS_THREADS_PER_ENDPOINT = 3
    endpoint_at(receiver.url, now=clock())
    announce_all(clock())
    relay_events(now=clock())
    results = at_once(*[lambda: send_messages(clock=clock)] * 3)
    assert sum(result.attempts for result in results) == Message.objects.count()
    assert len({received.message for received in receiver.received}) == len(receiver.received)
    for name in NAMES:
        said = [item["charge_id"] for item in receiver.items_of(name)]
        assert said == [f"charge-{charge}" for charge in CHARGES]


def test_a_sender_without_a_place_leaves_the_work(
    at_once: Callable[..., list[Any]],  # noqa: F811
    receiver: Receiver,
    clock: Clock,
) -> None:
    endpoint_at(receiver.url, now=clock())
    announce_all(clock())
    relay_events(now=clock())
    results = at_once(*[lambda: send_messages(clock=clock)] * 2)
    assert sum(result.attempts for result in results) == Message.objects.count()
    assert not isinstance(results[0], Exception)
