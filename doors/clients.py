"""Registration of API clients, and what may change afterwards."""

from collections.abc import Iterable

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


def change_client(*, client: Client, scopes: Iterable[str], is_enabled: bool) -> Client:
    """Change what a client may do; its tokens follow within seconds.

    Safe to repeat.

    Raises:
        ValidationError: there is no such scope.
    """
    client.scopes, client.is_enabled = sorted(set(scopes)), is_enabled
    client.clean_fields(exclude={"client_secret", "user"})
    client.save(update_fields=["scopes", "is_enabled", "updated"])
    return client
