"""Endpoints by their ids."""

from django.db.models import QuerySet

from kernel.owners import EVERYBODY, Owners, owned
from outbox.models import Endpoint
from outbox.policy.endpoints import REMOVED, UnknownWebhook


def endpoints_kept(owners: Owners = EVERYBODY) -> "QuerySet[Endpoint]":
    """All that were not removed, of these owners."""
    return owned(Endpoint.objects.exclude(status=REMOVED), owners)


def endpoint_called(webhook_id: str, owners: Owners = EVERYBODY) -> Endpoint:
    """The endpoint with an id.

    Raises:
        UnknownWebhook: there is none of these owners, or it was removed.
    """
    return _one(endpoints_kept(owners), webhook_id)


def held_endpoint(webhook_id: str, owners: Owners = EVERYBODY) -> Endpoint:
    """The same, locked until the caller's transaction ends.

    Raises:
        UnknownWebhook: there is none of these owners, or it was removed.
    """
    return _one(endpoints_kept(owners).select_for_update(no_key=True), webhook_id)


def _one(rows: "QuerySet[Endpoint]", webhook_id: str) -> Endpoint:
    endpoint = rows.filter(webhook_id=webhook_id).first()
    if endpoint is None:
        raise UnknownWebhook
    return endpoint
