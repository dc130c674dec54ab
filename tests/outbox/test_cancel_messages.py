"""What waits for a disabled endpoint is cancelled in pages; nobody is sent it meanwhile."""

from datetime import datetime

import pytest

from outbox.models import Endpoint, Message
from outbox.operations import cancel_messages as module
from outbox.operations.cancel_messages import cancel_messages
from outbox.operations.relay_events import relay_events
from outbox.operations.revive_messages import revive_messages
from outbox.operations.send_messages import send_messages
from outbox.operations.switch_endpoints import disable_endpoint, enable_endpoint, remove_endpoint
from tests.outbox.conftest import Clock, accrued, announce, endpoint_at
from tests.outbox.receivers import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


@pytest.fixture(autouse=True)
def _pages_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_PER_PAGE", 2)


def wait_for(webhook_id: str, url: str, *, messages: int, now: datetime) -> None:
    endpoint_at(url, webhook_id=webhook_id, now=now)
    for number in range(messages):
        announce("points.accrued", accrued(f"ann-{number}", number), now=now)
    relay_events(now=now)


def statuses(webhook_id: str) -> list[str]:
    rows = Message.objects.filter(endpoint__webhook_id=webhook_id).order_by("id")
    return list(rows.values_list("status", flat=True))


def test_disabling_leaves_the_messages_to_the_sender_and_sends_none(clock: Clock) -> None:
    wait_for("crm", "http://127.0.0.1:9/", messages=5, now=clock())
    disable_endpoint(webhook_id="crm", reason="moved", by="ann", now=clock())
    assert statuses("crm") == ["pending"] * 5
    assert send_messages(clock=clock) == (0, 0)


def test_a_call_ends_after_its_pages_and_the_next_goes_on(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for("crm", "http://127.0.0.1:9/", messages=5, now=clock())
    disable_endpoint(webhook_id="crm", reason="moved", by="ann", now=clock())
    monkeypatch.setattr(module, "PAGES_MAX", 2)
    assert cancel_messages(now=clock()) == 4
    assert cancel_messages(now=clock()) == 1
    assert statuses("crm") == ["cancelled"] * 5
    assert Endpoint.objects.get().cancel_until == 0
    assert cancel_messages(now=clock()) == 0


def test_an_endpoint_that_is_enabled_meanwhile_is_sent_what_comes_after(
    receiver: Receiver, clock: Clock
) -> None:
    wait_for("crm", receiver.url, messages=5, now=clock())
    disable_endpoint(webhook_id="crm", reason="moved", by="ann", now=clock())
    enable_endpoint(webhook_id="crm", by="ann", now=clock())
    # Of the same lane as one that is being cancelled.
    announce("points.accrued", accrued("ann-0", 99), now=clock())
    relay_events(now=clock())
    assert send_messages(clock=clock) == (1, 1)
    assert [item["charge_id"] for item in receiver.items_of("ann-0")] == ["charge-99"]
    assert cancel_messages(now=clock()) == 5
    assert statuses("crm") == ["cancelled"] * 5 + ["delivered"]


def test_a_removed_endpoint_s_messages_go_and_another_s_stay(clock: Clock) -> None:
    wait_for("erp", "http://127.0.0.1:9/", messages=0, now=clock())
    wait_for("crm", "http://127.0.0.1:9/", messages=3, now=clock())
    remove_endpoint(webhook_id="crm", by="ann", now=clock())
    assert cancel_messages(now=clock()) == 3
    assert statuses("crm") == ["cancelled"] * 3
    assert statuses("erp") == ["pending"] * 3


def test_what_is_being_cancelled_is_not_revived(clock: Clock) -> None:
    wait_for("crm", "http://127.0.0.1:9/", messages=2, now=clock())
    dead = Message.objects.earliest("id")
    Message.objects.filter(pk=dead.pk).update(status="dead", ended_at=clock())
    disable_endpoint(webhook_id="crm", reason="moved", by="ann", now=clock())
    enable_endpoint(webhook_id="crm", by="ann", now=clock())

    def revive() -> int:
        return revive_messages(message_ids=[dead.pk], reason="well", by="ann", now=clock())

    assert revive() == 0
    cancel_messages(now=clock())
    assert revive() == 1
    assert cancel_messages(now=clock()) == 0
