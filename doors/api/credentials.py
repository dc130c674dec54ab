"""Which secrets a client proves itself with: its own, and for a while the one before."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from doors.clients import held_client
from doors.models import Client


class SecretEnded(Exception):
    """The secret that a client proved itself with ended before it had its token."""


class TwoSecrets(OAuth2Validator):  # type: ignore[misc]
    """DOT's validator, which takes a former secret too until its time has come."""

    def _authenticate_basic_auth(self, request: Any) -> bool:
        return _by_either(super()._authenticate_basic_auth, request)

    def _authenticate_request_body(self, request: Any) -> bool:
        return _by_either(super()._authenticate_request_body, request)

    def _save_bearer_token(self, token: Any, request: Any, *args: Any, **more: Any) -> Any:
        # A secret that ended since it was checked would leave a token behind, which whoever ended
        # it believes dead: the lock lets one of the two come first.
        if not _has_secret(held_client(request.client.client_id), request.secret_proven):
            raise SecretEnded
        return super()._save_bearer_token(token, request, *args, **more)


def _has_secret(client: Client, secret: str) -> bool:
    if secret == client.client_secret:
        return True
    return secret == client.previous_secret and client.has_former_secret(datetime.now(UTC))


def _by_either(authenticate: Callable[[Any], bool], request: Any) -> bool:
    """Whether the request has the secret of the client that it names, or the former one."""
    if authenticate(request):
        request.secret_proven = request.client.client_secret
        return True
    client = request.client
    if not isinstance(client, Client) or not client.has_former_secret(datetime.now(UTC)):
        return False
    # The row belongs to this request alone, and is saved by nobody.
    own, client.client_secret = client.client_secret, client.previous_secret
    request.secret_proven = client.previous_secret
    try:
        return authenticate(request)
    finally:
        client.client_secret = own
