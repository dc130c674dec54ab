"""Requests that no view should meet: NUL in an address or a session's key, a packed body."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from doors.api.problems import KINDS, problem
from doors.bodies_wanted import RefusedBody, refusal_of
from doors.request_lines import ENCODED_SLASH, is_for_machines
from doors.translation import translated

_OAUTH = "/oauth/"
_NOT_STORED = {"Cache-Control": "no-store"}
RETRY_SECONDS = 30
_NUL = "%00"
_NOT_PACKED = frozenset({"", "identity"})


class Unreadable:
    """Keeps what can't be read away from the views, before a body or a parameter is looked at.

    PostgreSQL keeps no NUL, and Django's filters and sessions pass one on to it. The API names
    the faulty parameter itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 415 to a packed body, 400 to a slash within an id, and 404 to a NUL in a path.

        Raises:
            Http404: for such a path.
        """
        if (why := refusal_of(request)) is not None:
            return _refused(request, why)
        if has_packed_body(request):
            return _packed(request)
        if is_for_machines(request):
            if ENCODED_SLASH in request.META:
                return problem(code="malformed_request", detail=_("No id has a slash (%2F)."))
        else:
            if "\x00" in request.path_info:
                raise Http404
            _drop_nul(request)
        return self._get_response(request)


def _drop_nul(request: HttpRequest) -> None:
    """Let what people ask for be what is left without NUL; nobody types one."""
    asked = request.META.get("QUERY_STRING", "")
    while _NUL in asked:
        # Once more: "%0%000" becomes one.
        asked = asked.replace(_NUL, "")
        request.META["QUERY_STRING"] = asked
    # A quoted cookie may have one too, and the session is looked up by it.
    if "\x00" in request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""):
        request.session = SessionStore()


def _refused(request: HttpRequest, why: RefusedBody) -> HttpResponse:
    """Tell why the web server's front did not receive the body."""
    kind = KINDS[why]
    headers = {"Connection": "close"}
    if why is RefusedBody.NO_PLACE:
        headers["Retry-After"] = str(RETRY_SECONDS)
    if request.path_info.startswith(_OAUTH):
        said = {"error": "invalid_request", "error_description": kind.title}
        return JsonResponse(said, status=kind.status, headers={**headers, **_NOT_STORED})
    if is_for_machines(request):
        return problem(code=why, headers=headers)
    return _page(translated(kind.title), kind.status, headers)


def has_packed_body(request: HttpRequest) -> bool:
    """Return whether a body comes in a coding that nobody here undoes (gzip and others)."""
    coding = request.META.get("HTTP_CONTENT_ENCODING")
    if coding is None or _has_no_body(request):
        return False
    return any(each.strip().lower() not in _NOT_PACKED for each in coding.split(","))


def _has_no_body(request: HttpRequest) -> bool:
    meta = request.META
    return meta.get("CONTENT_LENGTH") in (None, "", "0") and "HTTP_TRANSFER_ENCODING" not in meta


def _packed(request: HttpRequest) -> HttpResponse:
    # RFC 9110, section 15.5.16: say which codings would do.
    headers = {"Accept-Encoding": "identity"}
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if request.path_info.startswith(_OAUTH):
        said = {"error": "invalid_request", "error_description": "The body is packed."}
        return JsonResponse(said, status=status, headers={**headers, **_NOT_STORED})
    if is_for_machines(request):
        detail = "Send the body as it is, without Content-Encoding."
        return problem(code="unsupported_content_encoding", detail=detail, headers=headers)
    return _page(_("Send the body as it is, without Content-Encoding."), status, headers)


def _page(text: str, status: int, headers: Mapping[str, str]) -> HttpResponse:
    kind = "text/plain; charset=utf-8"
    return HttpResponse(text, status=status, content_type=kind, headers=headers)
