"""Who calls: OAuth 2 client credentials, bearer tokens and their scopes."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from oauth2_provider.scopes import BaseScopes
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from doors.grants import remembered_grant
from doors.queries import Grant
from doors.scopes import SCOPES

REALM = "tenure"


class TokenMissing(exceptions.NotAuthenticated):
    """No bearer token came with the request (RFC 6750, section 3: then no error code)."""

    default_detail = "Send an access token: Authorization: Bearer …"
    headers = {"WWW-Authenticate": f'Bearer realm="{REALM}"'}


class TokenInvalid(exceptions.AuthenticationFailed):
    """A token that isn't known, or isn't any more."""

    default_code = "invalid_token"
    default_detail = "The access token is unknown, revoked or expired."
    headers = {"WWW-Authenticate": f'Bearer realm="{REALM}", error="invalid_token"'}


class ScopeMissing(exceptions.PermissionDenied):
    """A good token that isn't good for this."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The access token lacks the scope {scope}.")
        challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{scope}"'
        self.headers = {"WWW-Authenticate": challenge}
        self.members = {"scope": scope}


class ApplicationScopes(BaseScopes):  # type: ignore[misc]
    """A client is offered the scopes that were allowed to it, and no others."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return every scope with its description."""
        return SCOPES

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what this client may ask for."""
        return [] if application is None else [s for s in application.scopes if s in SCOPES]

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what a client gets that asks for nothing in particular: all that it may have."""
        return self.get_available_scopes(application)


class Caller(AnonymousUser):
    """A client as the user of a request: nobody's login, but authenticated.

    Attributes:
        actor: how audits name it.
        client_id: the OAuth client's.
        scopes: what its token is good for.
        grant: the token's, with the client's limits.
    """

    def __init__(self, grant: Grant) -> None:
        self.client_id = grant.client_id
        self.scopes = grant.scopes
        self.grant = grant
        self.actor = grant.actor

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]
        return False

    def __str__(self) -> str:
        return self.actor


class BearerAuthentication(BaseAuthentication):
    """A bearer token, found by its checksum in one query, or none within a few seconds."""

    def authenticate(self, request: Request) -> tuple[Caller, Grant]:
        """Return who calls.

        Raises:
            TokenMissing: nothing of the kind was sent.
            TokenInvalid: unknown, revoked, expired, or of a disabled client.
        """
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise TokenMissing
        grant = remembered_grant(sha256(secret.encode()).hexdigest())
        if grant is None or grant.expires_at <= datetime.now(UTC):
            raise TokenInvalid
        return Caller(grant), grant

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return TokenMissing.headers["WWW-Authenticate"]


class HasScope(BasePermission):
    """The token must be good for what the view says that this method needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True.

        Raises:
            ScopeMissing: naming the scope that is needed.
        """
        scope = view.required_scopes[request.method]
        if scope not in cast(Caller, request.user).scopes:
            raise ScopeMissing(scope)
        return True


def scopes_of(view: Any, method: str) -> list[str]:
    """Return the scopes that a method of a view needs, for the documentation."""
    return [view.required_scopes[method]]
