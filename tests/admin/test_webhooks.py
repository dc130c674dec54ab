"""Webhooks in the admin: the secret is shown once, steps are asked, the dead are sent again."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from doors.clients import register_client
from outbox.models import Endpoint, EndpointStep, Message
from outbox.operations.cancel_messages import cancel_messages
from outbox.operations.register_endpoints import register_endpoint
from outbox.policy.sealing import opened
from tests.admin.conftest import LogIn
from tests.admin.test_roles import as_role

pytestmark = pytest.mark.django_db

LIST = reverse("admin:outbox_endpoint_changelist")
ADD = reverse("admin:outbox_endpoint_add")
MESSAGES = reverse("admin:outbox_message_changelist")
SAID = {"webhook_id": "crm", "url": "https://crm.example.com/hooks", "names": ["payout.paid"]}


@pytest.fixture
def manager() -> Browser:
    return as_role("Program manager")


@pytest.fixture
def endpoint() -> Endpoint:
    now = datetime.now(UTC)
    url = "https://crm.example.com/hooks"
    return register_endpoint(
        webhook_id="crm", url=url, description="", names=[], by="ann", now=now
    ).endpoint


def step(endpoint: Endpoint, name: str) -> str:
    return reverse("admin:outbox_endpoint_step", args=[endpoint.pk, name])


def message(endpoint: Endpoint, **more: Any) -> Message:
    now = datetime.now(UTC)
    return Message.objects.create(
        **{
            "endpoint": endpoint, "name": "payout.paid", "lane": 1, "items": [{"points": 5}],
            "announced_at": now, "written_at": now, "next_attempt_at": now, **more,
        }
    )  # fmt: skip


def test_a_new_webhook_shows_its_secret_once(manager: Browser, settings: Any) -> None:
    answer = manager.post(ADD, SAID)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    made = Endpoint.objects.get()
    secret = opened(bytes(made.secret), settings.SECRETS_KEYS)
    assert secret in unescape(answer.content.decode())
    page = manager.get(reverse("admin:outbox_endpoint_change", args=[made.pk]))
    assert secret not in unescape(page.content.decode())
    assert (made.names, made.created_by) == (["payout.paid"], "Program-manager")


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://crm.example.com"},
        {"url": "https://10.0.0.1/"},
        {"url": ""},
        {"webhook_id": ""},
        {"webhook_id": "a\x07b"},
        {"names": ["points.stolen"]},
    ],
)
def test_what_the_api_refuses_is_refused_here(
    manager: Browser, settings: Any, change: dict[str, Any]
) -> None:
    settings.WEBHOOKS_ALLOW_HTTP = False
    answer = manager.post(ADD, {**SAID, **change})
    assert answer.status_code == 200
    assert "error" in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_a_webhook_is_given_to_a_client(manager: Browser, endpoint: Endpoint) -> None:
    register_client(name="CRM", scopes=["webhooks:read"], client_id="crm")
    page = reverse("admin:outbox_endpoint_change", args=[endpoint.pk])
    assert "Nobody" in manager.get(page).content.decode()
    manager.post(page, {"url": endpoint.url, "description": "", "owner": "client:crm"})
    endpoint.refresh_from_db()
    assert endpoint.owner == "client:crm"
    manager.post(page, {"url": endpoint.url, "description": "", "owner": "client:nobody"})
    endpoint.refresh_from_db()
    assert endpoint.owner == "client:crm"
    assert "crm" in manager.get(LIST).content.decode()


def test_an_id_is_used_once(manager: Browser, endpoint: Endpoint) -> None:
    manager.post(ADD, {**SAID, "url": "https://elsewhere.example.com"})
    assert Endpoint.objects.get().url == endpoint.url


def test_a_webhook_is_changed_by_its_verb(manager: Browser, endpoint: Endpoint) -> None:
    page = reverse("admin:outbox_endpoint_change", args=[endpoint.pk])
    said = {"url": "https://new.example.com/x", "description": "CRM", "names": []}
    assert manager.post(page, said).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.description) == ("https://new.example.com/x", "CRM")
    assert EndpointStep.objects.latest("id").taken_by == "Program-manager"


def test_steps_are_asked_and_then_taken(manager: Browser, endpoint: Endpoint) -> None:
    for name in ("test", "rotate", "disable"):
        before = EndpointStep.objects.count()
        assert manager.get(step(endpoint, name)).status_code == 200
        assert EndpointStep.objects.count() == before
    manager.post(step(endpoint, "test"))
    assert Message.objects.get().name == "webhook.tested"
    rotated = manager.post(step(endpoint, "rotate"))
    assert "whsec_" in rotated.content.decode()
    manager.post(step(endpoint, "disable"))
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_by) == ("disabled", "Program-manager")
    cancel_messages(now=datetime.now(UTC))
    assert Message.objects.get().status == "cancelled"
    manager.post(step(endpoint, "enable"))
    endpoint.refresh_from_db()
    assert endpoint.status == "enabled"


def test_dead_messages_are_sent_again_and_others_are_left(
    manager: Browser, endpoint: Endpoint
) -> None:
    now = datetime.now(UTC)
    dead = message(endpoint, status="dead", attempts_made=10, ended_at=now)
    done = message(endpoint, status="delivered", attempts_made=1, ended_at=now)
    chosen = {"action": "send_again", "_selected_action": [dead.pk, done.pk]}
    asked = manager.post(MESSAGES, chosen).content.decode()
    assert "it was not given up on" in asked
    dead.refresh_from_db()
    assert dead.status == "dead"
    manager.post(MESSAGES, {**chosen, "confirmed": 1, "reason": "Their server is back."})
    dead.refresh_from_db()
    done.refresh_from_db()
    assert (dead.status, dead.attempts_made, dead.ended_at) == ("pending", 0, None)
    assert done.status == "delivered"


def test_lists_and_pages_show_the_lag_and_what_was_sent(
    manager: Browser, endpoint: Endpoint
) -> None:
    sent = message(endpoint)
    assert "Pending messages" in manager.get(LIST).content.decode()
    listed = manager.get(MESSAGES, {"q": f"msg_{sent.pk}"}).content.decode()
    assert f"msg_{sent.pk}" in listed
    assert manager.get(MESSAGES, {"q": "msg_x"}).status_code == 200
    page = manager.get(reverse("admin:outbox_message_change", args=[sent.pk]))
    assert "payout.paid" in page.content.decode()


def test_who_only_reads_changes_nothing(endpoint: Endpoint) -> None:
    reader = as_role("Read only")
    assert reader.get(LIST).status_code == 200
    assert reader.post(ADD, {**SAID, "webhook_id": "mine"}).status_code == 403
    for name in ("test", "rotate", "disable"):
        assert reader.post(step(endpoint, name)).status_code == 403
    sent = message(endpoint, status="dead", ended_at=datetime.now(UTC))
    reader.post(
        MESSAGES,
        {"action": "send_again", "_selected_action": [sent.pk], "confirmed": 1, "reason": "x"},
    )
    sent.refresh_from_db()
    assert sent.status == "dead"
    assert EndpointStep.objects.exclude(step="registered").count() == 0


def test_strangers_see_nothing(log_in: LogIn, endpoint: Endpoint) -> None:
    stranger = log_in()
    assert stranger.get(LIST).status_code == 403
    assert stranger.get(MESSAGES).status_code == 403
    assert stranger.post(step(endpoint, "rotate")).status_code == 403
