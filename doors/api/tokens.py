"""The token endpoint: client credentials only, and RFC 6749's JSON for whatever goes wrong."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import RevokeTokenView, TokenView

from doors.api.authentication import REALM
from doors.api.credentials import SecretEnded
from doors.api.limits import RateLimited, count_token_request
from doors.api.problems import problem_for
from doors.request_lines import announced_bytes

FORM = "application/x-www-form-urlencoded"
GRANT = "client_credentials"


class OAuthError(Exception):
    """An error as RFC 6749, section 5.2, wants it told."""

    def __init__(self, code: str, description: str, *, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status

    def answer(self) -> HttpResponse:
        """Return the error as JSON."""
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        if self.status == 401:
            headers["WWW-Authenticate"] = f'Basic realm="{REALM}"'
        if self.status == 405:
            headers["Allow"] = "POST"
        body = {"error": self.code, "error_description": self.description}
        return JsonResponse(body, status=self.status, headers=headers)


class _FormEndpoint:
    """Checks the form before DOT sees it: it would stumble over some of what may come."""

    # Machines have no cookies, and so nothing to forge; a token here would only lock them out.
    @method_decorator(csrf_exempt)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        limit_headers: dict[str, str] = {}
        response: HttpResponseBase
        try:
            _check(request)
            self.check_form(request)
            count_token_request(request, _client_id_in(request), limit_headers)
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except OAuthError as error:
            response = error.answer()
        except (SuspiciousOperation, BadRequest, UnreadablePostError):
            response = OAuthError("invalid_request", "The form can't be read.").answer()
        except SecretEnded:
            response = OAuthError("invalid_client", "The secret has ended.", status=401).answer()
        except (DatabaseError, InterfaceError, RateLimited) as error:
            problem = problem_for(error)
            if problem is None:
                raise
            response = problem
        for name, value in limit_headers.items():
            response.headers[name] = value
        return response

    def check_form(self, request: HttpRequest) -> None:
        """Refuse what this endpoint doesn't do.

        Raises:
            OAuthError: it doesn't.
        """


class TokenEndpoint(_FormEndpoint, TokenView):  # type: ignore[misc]
    """POST /oauth/token."""

    def check_form(self, request: HttpRequest) -> None:
        """Refuse every grant but one.

        Raises:
            OAuthError: another grant, or none.
        """
        grant = request.POST.get("grant_type")
        if not grant:
            raise OAuthError("invalid_request", "grant_type is missing.")
        if grant != GRANT:
            raise OAuthError("unsupported_grant_type", f"Only {GRANT}.")


class RevocationEndpoint(_FormEndpoint, RevokeTokenView):  # type: ignore[misc]
    """POST /oauth/revoke_token (RFC 7009)."""


def _check(request: HttpRequest) -> None:
    """Raise `OAuthError` for a request that isn't a clean form."""
    if request.method != "POST":
        raise OAuthError("invalid_request", "POST only.", status=405)
    if request.META.get("QUERY_STRING"):
        raise OAuthError("invalid_request", "Parameters go into the body.")
    if announced_bytes(request) > settings.BODY_OF_STRANGERS_BYTES:
        raise OAuthError("invalid_request", "The form is too large.", status=413)
    if request.content_type != FORM:
        raise OAuthError("invalid_request", f"The content type must be {FORM}.")
    for name, values in request.POST.lists():
        if len(values) > 1:
            raise OAuthError("invalid_request", "A parameter is given twice.")
        if not (name + values[0]).isprintable():
            raise OAuthError("invalid_request", "A parameter has characters that can't be meant.")
    _check_credentials(request)


def _client_id_in(request: HttpRequest) -> str:
    """Return which client the request says that it comes from; nobody has proved it yet."""
    _, _, encoded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if encoded:
        return unquote_plus(base64.b64decode(encoded).decode()).partition(":")[0]
    return request.POST.get("client_id", "")


def _check_credentials(request: HttpRequest) -> None:
    """Raise `OAuthError` for an Authorization header that isn't HTTP Basic.

    DOT would pass a NUL on to the database, which refuses it with an error of its own.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return
    if "client_secret" in request.POST:
        # RFC 6749, section 2.3. Guesses in the form would be counted for the header's client.
        raise OAuthError("invalid_request", "Send the credentials once: in the header or the form.")
    scheme, _, encoded = header.partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        pair = ""
    if scheme.lower() != "basic" or ":" not in pair or not unquote_plus(pair).isprintable():
        raise OAuthError("invalid_client", "The credentials can't be read.", status=401)
    # The scheme's case doesn't matter (RFC 9110), but does to DOT.
    request.META["HTTP_AUTHORIZATION"] = f"Basic {encoded}"
