"""Trying an endpoint out."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from kernel.owners import EVERYBODY, Owners
from outbox import news
from outbox.models import Endpoint, Message
from outbox.operations.nudge_sender import nudge_sender
from outbox.operations.register_endpoints import was_taken
from outbox.operations.relay_lock import hold_relay
from outbox.operations.switch_endpoints import keep_step
from outbox.policy.endpoints import ENABLED, WebhookDisabled
from outbox.queries.endpoints import held_endpoint


class Tried(NamedTuple):
    """The endpoint, and whether this trial was asked for before."""

    endpoint: Endpoint
    replayed: bool = False


@transaction.atomic
def try_endpoint(
    *,
    webhook_id: str,
    test_id: str | None,
    by: str,
    now: datetime,
    owners: Owners = EVERYBODY,
) -> Tried:
    """Send an endpoint a message that says nothing but that it works, whatever it hears.

    Safe to repeat under its id. It goes by the first lane, after what waits there.

    Args:
        test_id: made by the client; None for a person.
        owners: whose it may be.

    Raises:
        UnknownWebhook: there is none with this id.
        WebhookDisabled: it is sent nothing.
    """
    hold_relay()
    endpoint = held_endpoint(webhook_id, owners)
    if test_id is not None and was_taken(endpoint, "tested", test_id):
        return Tried(endpoint, replayed=True)
    if endpoint.status != ENABLED:
        raise WebhookDisabled

    Message.objects.create(
        endpoint=endpoint,
        name=news.TESTED,
        lane=0,
        items=[{"webhook_id": webhook_id, "test_id": test_id}],
        announced_at=now,
        written_at=now,
        next_attempt_at=now,
    )
    keep_step(endpoint, "tested", by=by, now=now, step_id=test_id)
    nudge_sender()
    return Tried(endpoint)
