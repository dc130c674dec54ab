"""Webhooks over HTTP: registered, received, rotated, replayed; and bad input."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from outbox.models import Endpoint, Event, Message
from outbox.operations.cancel_messages import cancel_messages
from outbox.operations.relay_events import relay_events
from outbox.operations.replay_events import write_replays
from outbox.operations.send_messages import send_messages
from tests.journeys.conftest import Billing
from tests.journeys.test_bad_input import DEEP, assert_problem, contents
from tests.journeys.test_bill_to_credit import charge
from tests.outbox.receivers import Receiver, receiving

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

_now = partial(datetime.now, UTC)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_HTTP = True
    settings.WEBHOOKS_PORTS = None
    settings.WEBHOOKS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with receiving() as receiver:
        yield receiver


def deliver() -> None:
    relay_events(now=_now())
    write_replays(now=_now())
    send_messages(clock=_now)


def said(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "webhook_id": "crm",
        "url": "https://crm.example.com/hooks",
        "events": ["points.accrued"],
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


def test_from_a_registration_to_a_replay(billing: Billing, receiver: Receiver) -> None:
    made = billing.post("/webhooks", said(url=receiver.url))
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    again = billing.post("/webhooks", said(url=receiver.url))
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["secret"] is None
    assert secret not in billing.get("/webhooks/crm").content.decode()

    ann = billing.subscriber()
    billing.post("/charges", charge(ann, "c1"))
    deliver()
    [news] = receiver.received
    assert news.is_signed_with(secret)
    assert news.said["type"] == "points.accrued"
    assert [item["charge_id"] for item in news.items] == ["c1"]

    tested = billing.post("/webhooks/crm/test", {"test_id": "t"})
    assert tested.status_code == 202
    assert billing.post("/webhooks/crm/test", {"test_id": "t"}).status_code == 200
    deliver()
    [trial] = receiver.received[1:]
    assert trial.said["type"] == "webhook.tested"
    assert trial.items == [{"webhook_id": "crm", "test_id": "t"}]

    rotated = billing.post("/webhooks/crm/rotate-secret", {"rotation_id": "r"})
    assert rotated.status_code == 201
    repeated = billing.post("/webhooks/crm/rotate-secret", {"rotation_id": "r"})
    assert (repeated.status_code, repeated.json()["secret"]) == (200, None)

    body = {"replay_id": "again", "event_id": news.said["data"]["event_id"]}
    assert billing.post("/webhooks/crm/replay", body).status_code == 202
    deliver()
    same = billing.post("/webhooks/crm/replay", body)
    assert (same.status_code, same.json()["messages"]) == (200, 1)
    deliver()
    [replay] = receiver.received[2:]
    assert replay.items == news.items
    assert replay.said["data"]["replay_id"] == "again"
    assert replay.message != news.message
    assert replay.is_signed_with(secret)
    assert replay.is_signed_with(rotated.json()["secret"])

    listed = billing.get("/webhooks/crm/messages?status=delivered").json()
    assert [each["event"] for each in listed["data"]] == [
        "points.accrued", "webhook.tested", "points.accrued",
    ]  # fmt: skip
    assert listed["data"][0]["replay_id"] == "again"


def test_a_replay_by_time_sends_what_the_webhook_hears_of_it(
    billing: Billing, receiver: Receiver
) -> None:
    ann = billing.subscriber()
    for number in range(3):
        billing.post("/charges", charge(ann, f"c{number}"))
    relay_events(now=_now())
    # Registered afterwards: it has missed all of them.
    billing.post("/webhooks", said(url=receiver.url))
    middle = Event.objects.filter(name="points.accrued").order_by("id")[1].announced_at
    span = {
        "since": middle.isoformat(),
        "until": (_now() + timedelta(minutes=1)).isoformat(),
    }
    assert billing.post("/webhooks/crm/replay", {"replay_id": "r", **span}).status_code == 202
    deliver()
    assert [item["charge_id"] for item in receiver.items_of(ann)] == ["c1", "c2"]
    other = {"replay_id": "r", **span, "since": "2020-01-01T00:00:00Z"}
    assert_problem(billing.post("/webhooks/crm/replay", other), 422, "id_reused")


def test_a_disabled_webhook_is_sent_nothing_until_it_is_enabled(
    billing: Billing, receiver: Receiver
) -> None:
    billing.post("/webhooks", said(url=receiver.url))
    ann = billing.subscriber()
    billing.post("/charges", charge(ann, "c1"))
    relay_events(now=_now())
    off = billing.call("PATCH", "/webhooks/crm", {"status": "disabled"})
    assert off.json()["disabled"]["reason"] == "Disabled by its client."
    cancel_messages(now=_now())
    assert Message.objects.get().status == "cancelled"
    billing.post("/charges", charge(ann, "c2"))
    deliver()
    assert receiver.received == []
    assert_problem(billing.post("/webhooks/crm/test", {"test_id": "t"}), 422, "webhook_disabled")
    on = billing.call("PATCH", "/webhooks/crm", {"status": "enabled", "events": []})
    assert (on.json()["status"], on.json()["events"]) == ("enabled", [])
    billing.post("/charges", charge(ann, "c3"))
    deliver()
    assert [item["charge_id"] for item in receiver.items_of(ann)] == ["c3"]


def test_a_removed_webhook_is_gone_with_its_id(billing: Billing) -> None:
    billing.post("/webhooks", said())
    assert billing.call("DELETE", "/webhooks/crm").status_code == 204
    assert_problem(billing.get("/webhooks/crm"), 404, "unknown_webhook")
    assert_problem(billing.call("DELETE", "/webhooks/crm"), 404, "unknown_webhook")
    assert_problem(billing.post("/webhooks", said()), 404, "unknown_webhook")
    assert billing.get("/webhooks").json() == {"data": [], "next": None}


def test_there_are_only_so_many(billing: Billing, settings: Any) -> None:
    settings.WEBHOOKS_MAX = 1
    billing.post("/webhooks", said())
    refused = billing.post("/webhooks", said(webhook_id="another"))
    assert_problem(refused, 422, "webhook_limit_reached")


def test_secrets_are_sealed_at_rest(billing: Billing) -> None:
    secret = billing.post("/webhooks", said()).json()["secret"]
    kept = bytes(Endpoint.objects.get().secret)
    assert secret.encode() not in kept
    assert secret.removeprefix("whsec_").encode() not in kept


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"webhook_id": ...}, 400, "invalid"),
    ({"webhook_id": ""}, 400, "invalid"),
    ({"webhook_id": "x" * 65}, 400, "invalid"),
    ({"webhook_id": 7}, 400, "invalid"),
    ({"webhook_id": "a\u0000b"}, 400, "invalid"),
    ({"url": ...}, 400, "invalid"),
    ({"url": 7}, 400, "invalid"),
    ({"url": None}, 400, "invalid"),
    ({"url": "https://x.example/" + "x" * 500}, 400, "invalid"),
    ({"url": "x"}, 422, "webhook_address_refused"),
    ({"url": "http://crm.example.com"}, 422, "webhook_address_refused"),
    ({"url": "https://user:pass@crm.example.com"}, 422, "webhook_address_refused"),
    ({"url": "https://10.0.0.1/x"}, 422, "webhook_address_refused"),
    ({"url": "https://169.254.169.254/latest"}, 422, "webhook_address_refused"),
    ({"url": "https://[::1]/"}, 422, "webhook_address_refused"),
    ({"url": "https://127.0.0.1:8000/"}, 422, "webhook_address_refused"),
    ({"events": "points.accrued"}, 400, "invalid"),
    ({"events": ["x"]}, 400, "invalid"),
    ({"events": [7]}, 400, "invalid"),
    ({"events": ["points.accrued"] * 101}, 400, "invalid"),
    ({"events": ["points.stolen"]}, 422, "unknown_event_name"),
    ({"events": ["import.shard_due"]}, 422, "unknown_event_name"),
    ({"description": ""}, 400, "invalid"),
    ({"description": "x" * 256}, 400, "invalid"),
    ({"secret": "whsec_mine"}, 400, "invalid"),
]


@pytest.mark.parametrize(("change", "status", "code"), BAD)
def test_a_bad_registration_is_refused(
    billing: Billing, settings: Any, change: dict[str, Any], status: int, code: str
) -> None:
    settings.WEBHOOKS_ALLOW_HTTP = False
    settings.WEBHOOKS_ALLOWED_NETWORKS = []
    before = contents()
    assert_problem(billing.post("/webhooks", said(**change)), status, code)
    assert contents() == before


STEPS: list[tuple[str, str, Any, int, str]] = [
    ("PATCH", "/webhooks/crm", {"webhook_id": "other"}, 400, "invalid"),
    ("PATCH", "/webhooks/crm", {"status": "removed"}, 400, "invalid"),
    ("PATCH", "/webhooks/crm", {"url": "ftp://x.example"}, 422, "webhook_address_refused"),
    ("PATCH", "/webhooks/crm", {"events": ["a.b"]}, 422, "unknown_event_name"),
    ("PATCH", "/webhooks/nobody", {"status": "disabled"}, 404, "unknown_webhook"),
    ("POST", "/webhooks/crm/rotate-secret", {}, 400, "invalid"),
    ("POST", "/webhooks/nobody/rotate-secret", {"rotation_id": "r"}, 404, "unknown_webhook"),
    ("POST", "/webhooks/crm/test", {"test_id": 1}, 400, "invalid"),
    ("POST", "/webhooks/nobody/test", {"test_id": "t"}, 404, "unknown_webhook"),
    ("POST", "/webhooks/crm/replay", {"replay_id": "r"}, 400, "invalid"),
    ("POST", "/webhooks/crm/replay", {"replay_id": "r", "event_id": 0}, 400, "invalid"),
    ("POST", "/webhooks/crm/replay", {"replay_id": "r", "event_id": 2**63}, 400, "invalid"),
    ("POST", "/webhooks/crm/replay", {"replay_id": "r", "event_id": "1"}, 400, "invalid"),
    ("POST", "/webhooks/crm/replay", {"replay_id": "r", "event_id": 2**62}, 404, "unknown_event"),
    (
        "POST", "/webhooks/crm/replay",
        {"replay_id": "r", "since": "2026-01-01T00:00:00Z"}, 400, "invalid",
    ),
    (
        "POST", "/webhooks/crm/replay",
        {"replay_id": "r", "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        400, "invalid",
    ),
    (
        "POST", "/webhooks/crm/replay",
        {"replay_id": "r", "event_id": 1, "until": "2026-01-01T00:00:00Z"}, 400, "invalid",
    ),
    ("GET", "/webhooks/crm/messages?status=odd", None, 400, "invalid"),
    ("GET", "/webhooks/crm/messages?limit=0", None, 400, "invalid"),
    ("GET", "/webhooks/nobody/messages", None, 404, "unknown_webhook"),
    ("GET", "/webhooks?status=removed", None, 400, "invalid"),
    ("DELETE", "/webhooks/nobody", None, 404, "unknown_webhook"),
    ("PUT", "/webhooks/crm", {}, 405, "method_not_allowed"),
    ("POST", "/webhooks", DEEP, 400, "malformed_json"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), STEPS)
def test_a_bad_step_is_refused(
    billing: Billing, method: str, path: str, body: Any, status: int, code: str
) -> None:
    billing.post("/webhooks", said())
    before = contents()
    assert_problem(billing.call(method, path, body), status, code)
    assert contents() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/webhooks"), ("POST", "/webhooks"), ("GET", "/webhooks/crm"),
        ("PATCH", "/webhooks/crm"), ("DELETE", "/webhooks/crm"),
        ("POST", "/webhooks/crm/rotate-secret"), ("POST", "/webhooks/crm/test"),
        ("POST", "/webhooks/crm/replay"), ("GET", "/webhooks/crm/messages"),
    ],
)  # fmt: skip
def test_without_a_token_nothing_is_done(billing: Billing, method: str, path: str) -> None:
    billing.post("/webhooks", said())
    before = contents()
    billing.token = "Bearer nobody's"
    body: dict[str, Any] | None = None if method in ("GET", "DELETE") else {}
    assert_problem(billing.call(method, path, body), 401, "invalid_token")
    assert contents() == before
