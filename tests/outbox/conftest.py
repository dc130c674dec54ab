"""Receivers, endpoints, and a clock that tests move."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from outbox.models import Event
from outbox.operations import publish
from outbox.operations.register_endpoints import register_endpoint
from outbox.operations.relay_events import Relayed, relay_events
from outbox.operations.send_messages import Sent, send_messages
from tests.outbox.receivers import Receiver, receiving

Carried = list[tuple[str, list[int]]]
carried: Carried = []


def remember(name: str, event_ids: list[int]) -> None:
    """The courier of these tests."""
    carried.append((name, event_ids))


@pytest.fixture(autouse=True)
def _webhooks_may_stay_on_this_machine(settings: Any) -> None:
    carried.clear()
    settings.NEWS_COURIER = "tests.outbox.conftest.remember"
    settings.WEBHOOKS_ALLOW_HTTP = True
    settings.WEBHOOKS_PORTS = None
    settings.WEBHOOKS_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def now() -> datetime:
    """The present: the specification's library refuses signatures of other times."""
    return datetime.now(UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


def endpoint_at(
    url: str, *, webhook_id: str = "crm", names: Sequence[str] = (), now: datetime
) -> str:
    """Register an endpoint and return its secret."""
    registered = register_endpoint(
        webhook_id=webhook_id, url=url, description="", names=names, by="ann", now=now
    )
    assert registered.secret is not None
    return registered.secret


def announce(name: str, *items: dict[str, Any], now: datetime) -> int:
    """Announce, and return the number of the event."""
    with transaction.atomic():
        publish(name=name, items=items, now=now)
    return Event.objects.latest("id").pk


def accrued(subscriber_id: str, charge: int) -> dict[str, Any]:
    return {
        "subscriber_id": subscriber_id,
        "charge_id": f"charge-{charge}",
        "points": charge,
        "points_to_debt": 0,
        "occurred_at": "2026-03-17T09:41:07Z",
    }


def relay_and_send(clock: Callable[[], datetime]) -> tuple[Relayed, Sent]:
    relayed = relay_events(now=clock())
    return relayed, send_messages(clock=clock)
