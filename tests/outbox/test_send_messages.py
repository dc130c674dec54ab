"""Messages reach their endpoints, signed, in order, until they are delivered or given up."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from outbox.models import Attempt, Endpoint, Message
from outbox.operations.cancel_messages import cancel_messages
from outbox.operations.register_endpoints import rotate_secret
from outbox.operations.relay_events import relay_events
from outbox.operations.send_messages import Sent, send_messages
from outbox.policy.retries import ATTEMPTS_MAX, GAPS
from tests.outbox.conftest import Clock, accrued, announce, endpoint_at, relay_and_send
from tests.outbox.receivers import Received, Receiver, foreign_secret

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


def test_delivers_news_that_the_specifications_library_verifies(
    receiver: Receiver, clock: Clock
) -> None:
    secret = endpoint_at(receiver.url, now=clock())
    event = announce("points.accrued", accrued("ann", 1), accrued("ann", 2), now=clock())
    relayed, sent = relay_and_send(clock)
    assert (relayed.events, relayed.messages) == (1, 1)
    assert sent == Sent(attempts=1, delivered=1)
    [received] = receiver.received
    assert received.is_signed_with(secret)
    assert not received.is_signed_with(foreign_secret())
    assert received.said["type"] == "points.accrued"
    assert received.said["data"] == {
        "event_id": event,
        "items": [accrued("ann", 1), accrued("ann", 2)],
    }
    message = Message.objects.get()
    assert received.message == f"msg_{message.pk}"
    assert (message.status, message.attempts_made, message.last_status) == ("delivered", 1, 204)
    assert Attempt.objects.get().answer == 204


def test_sends_nothing_twice_that_was_delivered(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, now=clock())
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    assert relay_and_send(clock) == ((0, 0), (0, 0))
    assert len(receiver.received) == 1


def test_sends_only_what_an_endpoint_hears(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, names=["points.expired"], now=clock())
    announce("points.accrued", accrued("ann", 1), now=clock())
    expired = {"subscriber_id": "ann", "points": 5, "lots": 1}
    announce("points.expired", expired, now=clock())
    relay_and_send(clock)
    assert [received.said["type"] for received in receiver.received] == ["points.expired"]


def test_keeps_the_order_within_a_subscriber(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, now=clock())
    names = [f"subscriber {number}" for number in range(40)]
    for charge in range(8):
        announce("points.accrued", *(accrued(name, charge) for name in names), now=clock())
    relay_and_send(clock)
    for name in names:
        charges = [item["charge_id"] for item in receiver.items_of(name)]
        assert charges == [f"charge-{charge}" for charge in range(8)]


def test_a_failure_holds_up_its_lane_and_no_other(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, now=clock())
    receiver.answer = lambda received: 500 if "poisoned" in received.body.decode() else 200
    for charge in (1, 2):
        announce("points.accrued", accrued("poisoned", charge), now=clock())
        announce("points.accrued", accrued("healthy", charge), now=clock())
    relay_and_send(clock)
    assert [item["points"] for item in receiver.items_of("healthy")] == [1, 2]
    assert receiver.items_of("poisoned") == []
    # The second waits behind the first, which waits for its second attempt.
    assert len(receiver.received) == 3
    assert send_messages(clock=clock) == (0, 0)
    clock.pass_by(seconds=6)
    receiver.answer = lambda received: 200
    assert send_messages(clock=clock) == (2, 2)
    assert [item["points"] for item in receiver.items_of("poisoned")] == [1, 2]


def test_repeats_the_same_message_with_the_same_body(receiver: Receiver, clock: Clock) -> None:
    secret = endpoint_at(receiver.url, now=clock())
    receiver.answer = lambda received: 500
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    clock.pass_by(seconds=6)
    receiver.answer = lambda received: 200
    send_messages(clock=clock)
    first, second = receiver.received
    assert (first.message, first.body) == (second.message, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert second.is_signed_with(secret)


def test_gives_up_after_the_last_attempt_and_goes_on_with_the_next(
    receiver: Receiver, clock: Clock
) -> None:
    endpoint_at(receiver.url, now=clock())
    receiver.answer = lambda received: 500 if received.items[0]["points"] == 1 else 200
    announce("points.accrued", accrued("ann", 1), now=clock())
    announce("points.accrued", accrued("ann", 2), now=clock())
    # Another lane works all the while, so that the endpoint isn't taken for dead.
    relay_and_send(clock)
    for number, gap in enumerate(GAPS, start=2):
        clock.pass_by(seconds=gap.total_seconds() * 1.1 + 1)
        announce("points.accrued", accrued("somebody else", number + 10), now=clock())
        relay_and_send(clock)
    of_ann = Message.objects.filter(items__contains=[{"subscriber_id": "ann"}])
    first, second = of_ann.order_by("id")
    assert (first.status, first.last_error) == ("dead", "HTTP 500")
    assert first.attempts_made == ATTEMPTS_MAX
    assert second.status == "delivered"
    assert Attempt.objects.filter(message=first).count() == ATTEMPTS_MAX


def test_disables_an_endpoint_that_only_fails_for_three_days(
    receiver: Receiver, clock: Clock
) -> None:
    endpoint_at(receiver.url, now=clock())
    receiver.answer = lambda received: 500
    announce("points.accrued", accrued("ann", 1), now=clock())
    announce("points.accrued", accrued("ann", 2), now=clock())
    relay_and_send(clock)
    while Endpoint.objects.get().status == "enabled":
        clock.pass_by(hours=12)
        send_messages(clock=clock)
    endpoint = Endpoint.objects.get()
    assert endpoint.disabled_at is not None
    assert endpoint.disabled_at - endpoint.created_at >= timedelta(days=3)
    assert endpoint.disabled_reason == "Every message failed for three days."
    cancel_messages(now=clock())
    assert set(Message.objects.values_list("status", flat=True)) == {"cancelled"}


def test_an_endpoint_that_is_gone_is_disabled_at_once(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, now=clock())
    receiver.answer = lambda received: 410
    for charge in (1, 2):
        announce("points.accrued", accrued("ann", charge), now=clock())
    relay_and_send(clock)
    assert len(receiver.received) == 1
    assert Endpoint.objects.get().status == "disabled"
    cancel_messages(now=clock())
    assert set(Message.objects.values_list("status", flat=True)) == {"cancelled"}
    announce("points.accrued", accrued("ann", 3), now=clock())
    assert relay_and_send(clock) == ((1, 0), (0, 0))


def test_follows_no_redirect(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, now=clock())
    elsewhere = receiver.url.replace("/hooks", "/elsewhere")
    receiver.answer = lambda received: (302, {"location": elsewhere})
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    assert [received.path for received in receiver.received] == ["/hooks"]
    message = Message.objects.get()
    assert message.status == "pending"
    assert message.last_error == "HTTP 302: redirects are not followed"


def test_waits_as_long_as_the_receiver_asks(receiver: Receiver, clock: Clock) -> None:
    endpoint_at(receiver.url, now=clock())
    receiver.answer = lambda received: (503, {"retry-after": "3600"})
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    assert Message.objects.get().next_attempt_at == clock() + timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/hooks",
        "http://localhost:9/hooks",
        "http://[::1]:9/hooks",
        "http://[::ffff:127.0.0.1]:9/hooks",
    ],
)
def test_an_address_inside_is_refused_when_it_is_connected_to(
    url: str, clock: Clock, settings: Any
) -> None:
    endpoint_at("http://127.0.0.1:9/hooks", now=clock())
    # What was allowed once, or what a name led to, is not what it leads to now.
    Endpoint.objects.update(url=url)
    settings.WEBHOOKS_ALLOWED_NETWORKS = []
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    message = Message.objects.get()
    assert message.last_error == "the name leads to an address that is not public"
    assert (message.status, message.last_status) == ("pending", None)


def test_a_port_that_was_open_once_is_refused_when_it_is_connected_to(
    clock: Clock, settings: Any, receiver: Any
) -> None:
    endpoint_at(receiver.url, now=clock())
    settings.WEBHOOKS_PORTS = frozenset({443})
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    message = Message.objects.get()
    assert message.last_error == "the address names a port that webhooks may not go to"
    assert (message.status, message.last_status) == ("pending", None)


def test_a_receiver_that_is_away_is_tried_again(clock: Clock) -> None:
    endpoint_at("http://127.0.0.1:9/hooks", now=clock())
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    message = Message.objects.get()
    assert "refused" in message.last_error
    assert message.status == "pending"


def test_signs_with_both_secrets_for_a_day_after_a_rotation(
    receiver: Receiver, clock: Clock
) -> None:
    old = endpoint_at(receiver.url, now=clock() - timedelta(days=2))

    def send(at: datetime) -> Received:
        announce("points.accrued", accrued("ann", 1), now=at)
        relay_and_send(clock)
        return receiver.received[-1]

    rotated = rotate_secret(webhook_id="crm", rotation_id="r", by="ann", now=clock())
    assert rotated.secret is not None
    during = send(clock())
    assert during.is_signed_with(old)
    assert during.is_signed_with(rotated.secret)
    Endpoint.objects.update(previous_until=clock())
    after = send(clock())
    assert not after.is_signed_with(old)
    assert after.is_signed_with(rotated.secret)


def test_secrets_of_lost_keys_are_a_failure_that_is_told(
    receiver: Receiver, clock: Clock, settings: Any
) -> None:
    endpoint_at(receiver.url, now=clock())
    settings.SECRETS_KEYS = ["b" * 43 + "="]
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_and_send(clock)
    assert receiver.received == []
    assert "SECRETS_KEYS" in Message.objects.get().last_error


def test_a_message_that_was_claimed_and_never_told_of_is_sent_again(
    receiver: Receiver, clock: Clock
) -> None:
    endpoint_at(receiver.url, now=clock())
    announce("points.accrued", accrued("ann", 1), now=clock())
    relay_events(now=clock())
    Message.objects.update(claimed_until=clock() + timedelta(seconds=60))
    assert send_messages(clock=clock) == (0, 0)
    clock.pass_by(seconds=61)
    assert send_messages(clock=clock) == (1, 1)
