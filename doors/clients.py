"""Registration of API clients, and what may change afterwards."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import get_access_token_model

from doors.grants import forget_grants
from doors.models import Client, ClientGroup

# How long the secret before may go on working beside a new one.
OVERLAP_DEFAULT, OVERLAP_MAX = timedelta(hours=24), timedelta(days=30)


class OverlapOutOfRange(ValueError):
    """A former secret that would work for no time, or for too long."""


@transaction.atomic
def register_client(
    *,
    name: str,
    scopes: Iterable[str],
    client_id: str | None = None,
    client_secret: str | None = None,
) -> tuple[Client, str]:
    """Register a client, or change the one that is called so, and give it a secret.

    The same name is the same client. The secret is stored hashed, so that only this call knows
    it. A client that had another secret starts anew: that one, one before it, and every token got
    with them end at once; other processes may take such a token for `TOKEN_MEMORY_SECONDS` more.

    Args:
        name: unique among clients, for people.
        scopes: what its tokens may be good for.
        client_id: made up when absent; a client that there is keeps its own.
        client_secret: made up when absent.

    Returns:
        The client, and its secret in clear.

    Raises:
        ValidationError: there is no such scope, or the client has another id.
    """
    client = _held(name=name) or Client(name=name)
    client.client_type = Client.CLIENT_CONFIDENTIAL
    client.authorization_grant_type = Client.GRANT_CLIENT_CREDENTIALS
    client.scopes = sorted(set(scopes))
    if client.pk and client_id not in (None, client.client_id):
        # What it made is its own by its id.
        raise ValidationError("A client keeps its id.")
    client.client_id = client_id or client.client_id
    secret = client_secret or generate_client_secret()
    if not client.pk or not check_password(secret, client.client_secret):
        client.client_secret = secret
        _end_what_was_given(client)
    client.full_clean()
    client.save()
    return client, secret


@transaction.atomic
def rotate_client_secret(
    *, client_id: str, now: datetime, overlap: timedelta = OVERLAP_DEFAULT
) -> tuple[Client, str]:
    """Give a client a new secret; the present one works beside it until the overlap ends.

    Tokens go on. A secret that was former already ends at once, so that there are never three.

    Args:
        overlap: how long the present secret goes on working, up to 30 days.

    Returns:
        The client, and its new secret in clear.

    Raises:
        OverlapOutOfRange: no time, or more than 30 days.
        Client.DoesNotExist: there is no such client.
    """
    if not timedelta() < overlap <= OVERLAP_MAX:
        raise OverlapOutOfRange(f"From a moment to {OVERLAP_MAX.days} days.")
    client = held_client(client_id)

    secret = generate_client_secret()
    client.previous_secret, client.previous_until = client.client_secret, now + overlap
    client.client_secret = secret
    client.save(update_fields=[*_SECRETS, "updated"])
    return client, secret


@transaction.atomic
def replace_client_secret(*, client_id: str) -> tuple[Client, str]:
    """Give a client a new secret in place of those that it has, and end its tokens.

    For a secret that leaked. Other processes may take a token for `TOKEN_MEMORY_SECONDS` more.

    Returns:
        The client, and its new secret in clear.

    Raises:
        Client.DoesNotExist: there is no such client.
    """
    client = held_client(client_id)

    secret = generate_client_secret()
    client.client_secret = secret
    _end_what_was_given(client)
    client.save(update_fields=[*_SECRETS, "updated"])
    return client, secret


@transaction.atomic
def end_previous_secret(*, client_id: str) -> Client:
    """End a client's former secret before its time, with every token; safe to repeat.

    Nobody knows which secret a token was got with: the client gets another one with the secret
    that stays. Other processes may take a token for `TOKEN_MEMORY_SECONDS` more.

    Raises:
        Client.DoesNotExist: there is no such client.
    """
    client = held_client(client_id)
    if not client.previous_secret:
        return client

    _end_what_was_given(client)
    client.save(update_fields=[*_SECRETS, "updated"])
    return client


_SECRETS = ("client_secret", "previous_secret", "previous_until")


def _held(**which: str) -> Client | None:
    """A client, locked: of two new secrets one comes after the other."""
    held: Client | None = Client.objects.select_for_update(no_key=True).filter(**which).first()
    return held


def held_client(client_id: str) -> Client:
    """Return a client, locked until the caller's transaction ends.

    Raises:
        Client.DoesNotExist: there is no such client.
    """
    client = _held(client_id=client_id)
    if client is None:
        raise Client.DoesNotExist(f"There is no client {client_id}.")
    return client


def _end_what_was_given(client: Client) -> None:
    """End the former secret, which the caller saves, and every token."""
    client.previous_secret, client.previous_until = "", None
    if not client.pk:
        return
    get_access_token_model().objects.filter(application=client).delete()
    transaction.on_commit(partial(forget_grants, client.client_id))


class Limits(NamedTuple):
    """What a client may ask for and move.

    Attributes:
        reads_per_second, writes_per_second: requests; None for the default, 0 for no limit.
        daily_charge_limit_minor, daily_redemption_limit_minor: kopecks; None for no limit.
    """

    reads_per_second: int | None = None
    writes_per_second: int | None = None
    daily_charge_limit_minor: int | None = None
    daily_redemption_limit_minor: int | None = None


def change_client(
    *, client: Client, scopes: Iterable[str], is_enabled: bool, limits: Limits | None = None
) -> Client:
    """Change what a client may do; its tokens follow within seconds.

    Safe to repeat.

    Args:
        limits: left as they are when absent.

    Raises:
        ValidationError: there is no such scope, or a limit is below nothing.
    """
    client.scopes, client.is_enabled = sorted(set(scopes)), is_enabled
    for name, value in (limits._asdict() if limits is not None else {}).items():
        setattr(client, name, value)
    client.clean_fields(exclude={"client_secret", "user"})
    client.validate_constraints()
    client.save(update_fields=["scopes", "is_enabled", "updated", *Limits._fields])
    transaction.on_commit(partial(forget_grants, client.client_id))
    return client


@transaction.atomic
def change_group(
    *, group: ClientGroup, name: str, kinds: Iterable[str], clients: Iterable[Client]
) -> ClientGroup:
    """Let these clients, and no others, share what each of them made of some kinds.

    A client of another group moves. They see it within `TOKEN_MEMORY_SECONDS`. Safe to repeat.

    Args:
        group: a new one, or one that there is.
        kinds: of resources (doors.owned), at least one.

    Raises:
        ValidationError: no kind, or one that nobody owns; or the name is another group's.
    """
    group.name, group.kinds = name, sorted(set(kinds))
    group.full_clean()
    group.save()
    chosen = {client.pk for client in clients}
    for client in Client.objects.select_for_update(no_key=True).filter(group=group):
        if client.pk not in chosen:
            client.group = None
            client.save(update_fields=["group", "updated"])
    for client in Client.objects.select_for_update(no_key=True).filter(pk__in=chosen):
        if client.group_id != group.pk:
            client.group = group
            client.save(update_fields=["group", "updated"])
    return group
