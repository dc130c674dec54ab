"""Switching endpoints on and off; those that are off are sent nothing."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from kernel.owners import EVERYBODY, Owners
from outbox.models import Endpoint, EndpointStep, Message
from outbox.operations.nudge_sender import nudge_sender
from outbox.policy.endpoints import DISABLED, ENABLED, REMOVED
from outbox.queries.endpoints import held_endpoint


@transaction.atomic
def disable_endpoint(
    *, webhook_id: str, reason: str, by: str, now: datetime, owners: Owners = EVERYBODY
) -> Endpoint:
    """Send an endpoint nothing more; what it waits for is cancelled, by `cancel_messages`.

    Safe to repeat: one that is disabled stays as it is. What it misses can be replayed by time.

    Raises:
        UnknownWebhook: these owners have none with this id.
    """
    endpoint = held_endpoint(webhook_id, owners)
    if endpoint.status == ENABLED:
        disable_held(endpoint, reason=reason, by=by, now=now)
    return endpoint


@transaction.atomic
def enable_endpoint(
    *, webhook_id: str, by: str, now: datetime, owners: Owners = EVERYBODY
) -> Endpoint:
    """Send an endpoint what is announced from now on.

    Safe to repeat: one that is enabled stays as it is.

    Raises:
        UnknownWebhook: these owners have none with this id.
    """
    endpoint = held_endpoint(webhook_id, owners)
    if endpoint.status == ENABLED:
        return endpoint
    # A relay that was writing while it was disabled may have left some.
    _cancel_pending(endpoint)
    endpoint.status = ENABLED
    endpoint.disabled_at, endpoint.disabled_by, endpoint.disabled_reason = None, "", ""
    endpoint.failing_since = None
    endpoint.save()
    keep_step(endpoint, "enabled", by=by, now=now)
    return endpoint


@transaction.atomic
def remove_endpoint(*, webhook_id: str, by: str, now: datetime, owners: Owners = EVERYBODY) -> None:
    """Forget an endpoint, but for its id and what was sent to it.

    Raises:
        UnknownWebhook: these owners have none with this id, or it was removed before.
    """
    endpoint = held_endpoint(webhook_id, owners)
    _cancel_pending(endpoint)
    endpoint.status = REMOVED
    endpoint.disabled_at, endpoint.disabled_by, endpoint.disabled_reason = None, "", ""
    endpoint.save()
    keep_step(endpoint, "removed", by=by, now=now)


def disable_held(endpoint: Endpoint, *, reason: str, by: str, now: datetime) -> None:
    """Disable an endpoint that the caller's transaction has locked."""
    endpoint.status = DISABLED
    endpoint.disabled_at, endpoint.disabled_by, endpoint.disabled_reason = now, by, reason
    _cancel_pending(endpoint)
    endpoint.save()
    keep_step(endpoint, "disabled", by=by, now=now, note=reason)


def keep_step(
    endpoint: Endpoint,
    step: str,
    *,
    by: str,
    now: datetime,
    step_id: str | None = None,
    note: str = "",
) -> None:
    """Keep who did what to an endpoint."""
    EndpointStep.objects.create(
        endpoint=endpoint, step=step, step_id=step_id, note=note, taken_at=now, taken_by=by
    )


def _cancel_pending(endpoint: Endpoint) -> None:
    # There may be millions: from here on nobody sends them, and the sender cancels them in pages.
    endpoint.cancel_until = Message.objects.aggregate(last=Max("id"))["last"] or 0
    nudge_sender()
