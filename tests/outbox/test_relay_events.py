"""Announced events are handed to all that hear them, once they are committed, in order."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from outbox.models import Event, Message
from outbox.operations import publish
from outbox.operations.relay_events import relay_events
from tests.books import dump
from tests.outbox.conftest import accrued, announce, carried, endpoint_at

pytestmark = pytest.mark.django_db

CLOSED = {"subscriber_id": "ann", "status": "closed", "since": "2026-03-17T09:41:07Z"}


def test_hands_an_event_to_those_inside_who_hear_it(now: datetime) -> None:
    closed = announce("subscriber.closed", CLOSED, now=now)
    announce("points.accrued", accrued("ann", 1), now=now)
    assert relay_events(now=now) == (2, 0)
    assert carried == [("subscriber.closed", [closed])]
    assert not Event.objects.filter(relayed_at=None).exists()


def test_a_second_relay_hands_over_nothing(now: datetime) -> None:
    announce("subscriber.closed", CLOSED, now=now)
    relay_events(now=now)
    before = dump()
    assert relay_events(now=now) == (0, 0)
    assert len(carried) == 1
    assert dump() == before


def test_what_the_broker_does_not_take_is_handed_over_again(now: datetime, settings: Any) -> None:
    event = announce("subscriber.closed", CLOSED, now=now)
    settings.NEWS_COURIER = "tests.outbox.test_relay_events.away"
    before = dump()
    with pytest.raises(ConnectionError):
        relay_events(now=now)
    assert dump() == before
    settings.NEWS_COURIER = "tests.outbox.conftest.remember"
    relay_events(now=now)
    assert carried == [("subscriber.closed", [event])]


def away(name: str, event_ids: list[int]) -> None:
    raise ConnectionError("no broker")


def test_pages_keep_the_order_of_ids(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outbox.operations.relay_events.EVENTS_PER_PAGE", 3)
    endpoint_at("http://127.0.0.1:9/hooks", now=now)
    for charge in range(10):
        announce("points.accrued", accrued("ann", charge), now=now)
    assert relay_events(now=now) == (10, 10)
    events = [message.event_id or 0 for message in Message.objects.order_by("id")]
    assert events == sorted(events)


def test_a_limit_leaves_the_rest(now: datetime) -> None:
    for charge in range(4):
        announce("points.accrued", accrued("ann", charge), now=now)
    assert relay_events(now=now, limit=3) == (3, 0)
    assert relay_events(now=now) == (1, 0)


def test_an_event_becomes_one_message_per_lane_and_endpoint(now: datetime) -> None:
    for webhook_id in ("crm", "billing"):
        endpoint_at("http://127.0.0.1:9/hooks", webhook_id=webhook_id, now=now)
    endpoint_at("http://127.0.0.1:9/hooks", webhook_id="deaf", names=["case.closed"], now=now)
    names = [f"subscriber {number}" for number in range(100)]
    announce("points.accrued", *(accrued(name, 1) for name in names), now=now)
    relay_events(now=now)
    for webhook_id in ("crm", "billing"):
        messages = Message.objects.filter(endpoint__webhook_id=webhook_id)
        assert len({message.lane for message in messages}) == len(messages) > 16
        said = [item["subscriber_id"] for message in messages for item in message.items]
        assert sorted(said) == sorted(names)
    assert not Message.objects.filter(endpoint__webhook_id="deaf").exists()


def test_a_subscriber_has_the_same_lane_always(now: datetime) -> None:
    endpoint_at("http://127.0.0.1:9/hooks", now=now)
    announce("points.accrued", accrued("ann", 1), accrued("bob", 1), now=now)
    announce("points.accrued", accrued("bob", 2), now=now)
    relay_events(now=now)
    lanes = {
        (item["subscriber_id"], message.lane)
        for message in Message.objects.all()
        for item in message.items
    }
    # Fixed for ever: messages of one version may be pending when the next one is installed.
    assert lanes == {("ann", ANN), ("bob", BOB)}


ANN, BOB = 24, 27


def test_work_between_parts_of_the_program_is_not_told_outside(now: datetime) -> None:
    endpoint_at("http://127.0.0.1:9/hooks", now=now)
    shard = announce("import.shard_due", {"shard": 1}, now=now)
    assert relay_events(now=now) == (1, 0)
    assert carried == [("import.shard_due", [shard])]


def nudge() -> None:
    nudges.append(1)


nudges: list[int] = []


def test_a_transaction_nudges_once_and_only_for_what_is_heard_inside(
    now: datetime, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.NEWS_NUDGE = "tests.outbox.test_relay_events.nudge"
    nudges.clear()
    with django_capture_on_commit_callbacks(execute=True):
        publish(name="points.accrued", items=[accrued("ann", 1)], now=now)
    assert nudges == []
    with django_capture_on_commit_callbacks(execute=True):
        publish(name="subscriber.closed", items=[CLOSED], now=now)
        publish(name="subscriber.closed", items=[CLOSED], now=now)
    assert nudges == [1]


def test_a_savepoint_that_is_undone_takes_its_nudge_along_and_no_other(
    now: datetime, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.NEWS_NUDGE = "tests.outbox.test_relay_events.nudge"
    nudges.clear()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        undone = transaction.savepoint()
        publish(name="subscriber.closed", items=[CLOSED], now=now)
        transaction.savepoint_rollback(undone)
        publish(name="subscriber.closed", items=[CLOSED], now=now)
    assert nudges == [1]


def test_publishing_is_one_statement(now: datetime) -> None:
    sent: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        publish(name="subscriber.closed", items=[CLOSED], now=now)
    # It is sent beneath Django's own cursor.
    assert sent == []
