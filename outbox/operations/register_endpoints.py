"""Registering endpoints, and what may change about them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from kernel.fingerprints import fingerprint
from kernel.owners import EVERYBODY, PROGRAM, Owners, is_owned
from kernel.refusals import IdReused
from outbox.models import Endpoint, EndpointStep
from outbox.operations.switch_endpoints import keep_step
from outbox.policy.addresses import WebhookAddressRefused, refused_address, target_of
from outbox.policy.endpoints import (
    REMOVED,
    UnknownWebhook,
    WebhookLimitReached,
    refusal_for_names,
)
from outbox.policy.sealing import sealed
from outbox.policy.signing import ROTATION, new_secret
from outbox.queries.endpoints import endpoints_kept, held_endpoint

# "webhooks", as a number: they are registered one after another, because each counts.
_REGISTERS = 0x776562686F6F


class Registered(NamedTuple):
    """An endpoint, its secret in clear if it was made now, and whether it was known before."""

    endpoint: Endpoint
    secret: str | None
    replayed: bool = False


class Rotated(NamedTuple):
    """An endpoint, its new secret in clear unless this rotation was asked for before."""

    endpoint: Endpoint
    secret: str | None
    replayed: bool = False


@transaction.atomic
def register_endpoint(
    *,
    webhook_id: str,
    url: str,
    description: str,
    names: Collection[str],
    by: str,
    now: datetime,
    owner: str = PROGRAM,
    owners: Owners = EVERYBODY,
) -> Registered:
    """Register where webhooks go, and make the secret that signs them.

    Safe to repeat: an id that was used before with the same content is answered with the
    endpoint as it is now, and without the secret, which is told once.

    Args:
        webhook_id: made by the client.
        url: https, and no address of the operator's own network.
        description: for people.
        names: of the events that it hears; none means all.
        owner: whose it becomes.
        owners: whose the one may be that was registered under this id before.

    Raises:
        IdReused: the id was used before with other content, or by another owner.
        UnknownWebhook: the endpoint of this id was removed.
        WebhookAddressRefused, UnknownEventName, WebhookLimitReached: it can't be had.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REGISTERS])

    meaning = fingerprint(url, description, *sorted(set(names)))
    known = Endpoint.objects.filter(webhook_id=webhook_id).first()
    if known is not None:
        if bytes(known.fingerprint) != meaning or not is_owned(known.owner, owners):
            raise IdReused
        if known.status == REMOVED:
            raise UnknownWebhook("The webhook with this id was removed; register another one.")
        return Registered(known, None, replayed=True)

    _check(url, names)
    if endpoints_kept().count() >= settings.WEBHOOKS_MAX:
        raise WebhookLimitReached(f"At most {settings.WEBHOOKS_MAX}.")

    secret = new_secret()
    endpoint = Endpoint.objects.create(
        webhook_id=webhook_id,
        owner=owner,
        url=url,
        description=description,
        names=sorted(set(names)),
        secret=sealed(secret, settings.SECRETS_KEYS),
        fingerprint=meaning,
        created_at=now,
        created_by=by,
    )
    keep_step(endpoint, "registered", by=by, now=now)
    return Registered(endpoint, secret)


@transaction.atomic
def change_endpoint(
    *,
    webhook_id: str,
    changes: Mapping[str, object],
    by: str,
    now: datetime,
    owners: Owners = EVERYBODY,
) -> Endpoint:
    """Change where an endpoint is, what it hears, how it is described or whose it is.

    What was written for it before is sent to the new address. Safe to repeat.

    Args:
        changes: any of `url`, `description`, `names` and `owner`; what is absent stays.
        owners: whose it may be.

    Raises:
        UnknownWebhook: there is none with this id.
        WebhookAddressRefused, UnknownEventName: it can't be had.
    """
    endpoint = held_endpoint(webhook_id, owners)
    before = _content(endpoint)
    names = changes.get("names", endpoint.names)
    assert isinstance(names, list), "names are a list"
    endpoint.url = str(changes.get("url", endpoint.url))
    endpoint.description = str(changes.get("description", endpoint.description))
    endpoint.names = sorted(set(names))
    endpoint.owner = str(changes.get("owner", endpoint.owner))
    if _content(endpoint) == before:
        return endpoint

    _check(endpoint.url, endpoint.names)

    endpoint.save(update_fields=["url", "description", "names", "owner"])
    keep_step(endpoint, "changed", by=by, now=now, note=", ".join(sorted(changes)))
    return endpoint


@transaction.atomic
def rotate_secret(
    *,
    webhook_id: str,
    rotation_id: str | None,
    by: str,
    now: datetime,
    owners: Owners = EVERYBODY,
) -> Rotated:
    """Give an endpoint a new secret; the one before signs beside it for a day.

    Safe to repeat under its id: the second time nothing changes, and no secret is told. A
    rotation within the day of another ends the oldest secret at once.

    Args:
        rotation_id: made by the client; None for a person, who isn't repeated by a machine.
        owners: whose it may be.

    Raises:
        UnknownWebhook: there is none with this id.
    """
    endpoint = held_endpoint(webhook_id, owners)
    if rotation_id is not None and was_taken(endpoint, "rotated", rotation_id):
        return Rotated(endpoint, None, replayed=True)

    secret = new_secret()
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, now + ROTATION
    endpoint.secret = sealed(secret, settings.SECRETS_KEYS)
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    keep_step(endpoint, "rotated", by=by, now=now, step_id=rotation_id)
    return Rotated(endpoint, secret)


def was_taken(endpoint: Endpoint, step: str, step_id: str) -> bool:
    """Whether a step was asked for under this id before."""
    return EndpointStep.objects.filter(endpoint=endpoint, step=step, step_id=step_id).exists()


def _content(endpoint: Endpoint) -> tuple[object, ...]:
    return endpoint.url, endpoint.description, endpoint.names, endpoint.owner


def _check(url: str, names: Collection[str]) -> None:
    target = target_of(url, allow_http=settings.WEBHOOKS_ALLOW_HTTP, ports=settings.WEBHOOKS_PORTS)
    allowed = [ip_network(network) for network in settings.WEBHOOKS_ALLOWED_NETWORKS]
    if refused_address(target.host, allowed):
        raise WebhookAddressRefused("The address is not a public one.")
    refusal = refusal_for_names(names, settings.NEWS_OUTSIDE)
    if refusal is not None:
        raise refusal
