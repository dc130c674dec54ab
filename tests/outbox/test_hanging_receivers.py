"""A receiver that hangs delays nobody else."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from outbox.models import Endpoint
from outbox.operations import send_messages as module
from outbox.operations.relay_events import relay_events
from outbox.operations.send_messages import send_messages
from tests.outbox.conftest import Clock, accrued, announce, endpoint_at
from tests.outbox.receivers import Received, Receiver, receiving

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def hanging() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _is_soon_unwell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr(module, "_LOOK_AGAIN_SECONDS", 0.05)


def announce_to_many(clock: Clock, names: range) -> None:
    for number in names:
        announce("points.accrued", accrued(f"ann-{number}", number), now=clock())
    relay_events(now=clock())


@pytest.mark.django_db
def test_all_healthy_messages_are_delivered_while_two_receivers_hang(
    receiver: Receiver, hanging: Receiver, clock: Clock
) -> None:
    all_delivered = threading.Event()
    waited: list[bool] = []

    def hang(_: Received) -> int:
        waited.append(all_delivered.wait(10))
        return 204

    def answer(_: Received) -> int:
        if len(receiver.received) >= 40:
            all_delivered.set()
        return 204

    hanging.answer, receiver.answer = hang, answer
    # More than all the threads that there are would be taken by these two.
    for webhook_id, url in (("a", hanging.url), ("b", hanging.url + "/2"), ("crm", receiver.url)):
        endpoint_at(url, webhook_id=webhook_id, now=clock())
    announce_to_many(clock, range(40))

    send_messages(clock=clock, turn=timedelta(seconds=3))

    assert len(receiver.delivered) == 40
    assert waited
    assert all(waited), "they hung until the last healthy message was delivered"


@pytest.mark.django_db
def test_one_known_to_fail_has_two_places(
    receiver: Receiver, hanging: Receiver, clock: Clock
) -> None:
    at_once: list[int] = []
    inside, lock = [0], threading.Lock()

    def hang(_: Received) -> int:
        with lock:
            inside[0] += 1
            at_once.append(inside[0])
        time.sleep(0.1)
        with lock:
            inside[0] -= 1
        return 500

    hanging.answer = hang
    endpoint_at(hanging.url, webhook_id="crm", now=clock())
    Endpoint.objects.update(failing_since=clock())
    announce_to_many(clock, range(20))
    send_messages(clock=clock)
    assert max(at_once) == 2


@pytest.mark.django_db
def test_the_pace_is_kept(receiver: Receiver, clock: Clock) -> None:
    def answer(_: Received) -> int:
        time.sleep(0.1)
        return 204

    receiver.answer = answer
    endpoint_at(receiver.url, now=clock())
    announce_to_many(clock, range(1))
    send_messages(clock=clock)
    assert 25 <= Endpoint.objects.get().pace <= 3_000


@pytest.mark.usefixtures("committed")
def test_a_sender_that_waits_for_its_last_answers_leaves_its_place(
    receiver: Receiver, hanging: Receiver, clock: Clock
) -> None:
    second_has_sent = threading.Event()
    waited: list[bool] = []

    def hang(_: Received) -> int:
        waited.append(second_has_sent.wait(10))
        return 204

    hanging.answer = hang
    endpoint_at(hanging.url, webhook_id="a", names=["points.accrued"], now=clock())
    announce_to_many(clock, range(1))

    def send_first() -> None:
        from django.db import connection

        try:
            send_messages(clock=clock, turn=timedelta(seconds=0.2))
        finally:
            connection.close()

    first = threading.Thread(target=send_first)
    first.start()
    while not hanging.received:
        time.sleep(0.01)
    endpoint_at(receiver.url, webhook_id="crm", now=clock())
    announce("points.accrued", accrued("bob", 1), now=clock())
    relay_events(now=clock())
    deadline = time.monotonic() + 8
    while not receiver.delivered and time.monotonic() < deadline:
        send_messages(clock=clock, turn=timedelta(seconds=0.2))
    second_has_sent.set()
    first.join()
    assert receiver.delivered
    assert all(waited)
