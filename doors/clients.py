"""Registration of API clients, and what may change afterwards."""

from collections.abc import Iterable
from typing import NamedTuple

from oauth2_provider.generators import generate_client_secret

from doors.models import Client


def register_client(
    *,
    name: str,
    scopes: Iterable[str],
    client_id: str | None = None,
    client_secret: str | None = None,
) -> tuple[Client, str]:
    """Register a client, or change the one that is called so, and give it a secret.

    Safe to repeat: the same name is the same client. The secret is stored hashed, so that only
    this call knows it.

    Args:
        name: unique among clients, for people.
        scopes: what its tokens may be good for.
        client_id: made up when absent.
        client_secret: made up when absent.

    Returns:
        The client, and its secret in clear.

    Raises:
        ValidationError: there is no such scope.
    """
    client = Client.objects.filter(name=name).first() or Client(name=name)
    client.client_type = Client.CLIENT_CONFIDENTIAL
    client.authorization_grant_type = Client.GRANT_CLIENT_CREDENTIALS
    client.scopes = sorted(set(scopes))
    client.client_id = client_id or client.client_id
    secret = client_secret or generate_client_secret()
    client.client_secret = secret
    client.full_clean()
    client.save()
    return client, secret


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
    return client
