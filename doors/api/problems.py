"""Every error as a problem (RFC 9457): DRF's, Django's, the database's and our refusals.

A problem's `code` is stable and is what a client should branch on; `type` is the address of its
explanation, relative to this server.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core import exceptions as django_errors
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views import defaults
from django.views.csrf import csrf_failure as csrf_failure_of_django
from psycopg import errors as postgres_errors
from rest_framework import exceptions as drf_errors
from rest_framework.views import set_rollback

from doors.api.faults import InvalidInput, faults_in, faults_shown
from doors.outcomes import OutcomeUnknown
from doors.request_lines import is_for_machines, request_id_of
from doors.retries import lost_by
from doors.translation import translated
from kernel.refusals import InFlight, NotFound, PreconditionFailed, Refusal, Superseded

CONTENT_TYPE = "application/problem+json"

# The statuses of refusals; all others are 422.
_STATUSES: dict[type[Refusal], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    InFlight: HTTPStatus.CONFLICT,
    Superseded: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
}

logger = logging.getLogger(__name__)


class Kind(NamedTuple):
    """A kind of problem that any call may answer with."""

    status: int
    title: str


KINDS: dict[str, Kind] = {
    "invalid": Kind(400, "The request has faults, named in `errors`."),
    "malformed_json": Kind(400, "The body can't be read as JSON."),
    "repeated_member": Kind(400, "An object of the body names a member twice."),
    "malformed_request": Kind(400, "The request can't be read."),
    "parse_error": Kind(400, "The body can't be read."),
    "body_missing": Kind(400, "A body is needed."),
    "body_broken": Kind(400, "The body is not complete."),
    "not_authenticated": Kind(401, "An access token is needed."),
    "invalid_token": Kind(401, "The access token is unknown, revoked or expired."),
    "permission_denied": Kind(403, "This is not permitted."),
    "insufficient_scope": Kind(403, "The access token lacks a scope."),
    "not_found": Kind(404, "There is no such thing."),
    "method_not_allowed": Kind(405, "This address doesn't know the method."),
    "not_acceptable": Kind(406, "The answer can't have the form that Accept asks for."),
    "body_late": Kind(408, "The body came too slowly, or not at all."),
    "in_flight": Kind(409, InFlight.title),
    "precondition_unsupported": Kind(
        412, "The condition of the request can't be evaluated here; nothing was done."
    ),
    "length_required": Kind(411, "The body's length must be announced."),
    "body_too_large": Kind(413, "The body is too large."),
    "unsupported_media_type": Kind(415, "The body's content type isn't read here."),
    "unsupported_content_encoding": Kind(415, "A compressed body isn't read here."),
    "rate_limited": Kind(429, "Too many requests; repeat it after `Retry-After`."),
    "internal_error": Kind(500, "Something went wrong on our side; the request id helps us."),
    "outcome_unknown": Kind(
        503,
        "The connection to the database was lost while the outcome was being written:"
        " repeat the request to learn it.",
    ),
    "uploads_busy": Kind(503, "Too many large bodies are on their way; repeat it later."),
    "try_again": Kind(503, "The request lost against another one; repeat it."),
    "unavailable": Kind(503, "The service is not available for the moment; repeat it later."),
}


def problem(
    *,
    code: str,
    title: str | None = None,
    status: int | None = None,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> HttpResponse:
    """Return a problem as an answer, its title and detail in the language of the request.

    Args:
        code: a key of `KINDS`, or a refusal's, which then brings its title and status.
        title: what every problem of this code has in common, in one sentence.
        status: the HTTP status.
        detail: what this one was about.
        headers: of the answer.
        members: extension members, as JSON values; they can't replace the standard ones.
    """
    kind = KINDS.get(code)
    status = status or (kind.status if kind else HTTPStatus.BAD_REQUEST)
    standard: dict[str, object] = {
        "type": f"/problems/{code}",
        "title": translated(title or (kind.title if kind else HTTPStatus(status).phrase)),
        "status": int(status),
        "code": code,
    }
    if detail:
        standard["detail"] = translated(detail)
    # First for the order, which people read, and last so that nothing replaces them.
    body = {**standard, **(members or {}), **standard}
    return HttpResponse(
        orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS),
        status=status,
        content_type=CONTENT_TYPE,
        headers={**spoken(), **(headers or {})},
    )


def spoken() -> dict[str, str]:
    """Return the headers of an answer that tells errors in the language that was asked for."""
    return {"Content-Language": get_language() or settings.LANGUAGE_CODE, "Vary": "Accept-Language"}


def problem_for(error: BaseException) -> HttpResponse | None:
    """Return the problem that an exception amounts to, or None if it is our own mistake."""
    if isinstance(error, Refusal):
        return refusal_problem(error)
    if isinstance(error, drf_errors.APIException):
        return _drf_problem(error)
    return _database_problem(error) or _django_problem(error)


def refusal_problem(refusal: Refusal) -> HttpResponse:
    """Return the problem that a refusal amounts to: 404, 409, 412 or 422."""
    return problem(
        code=refusal.code,
        title=refusal.title,
        status=status_of(type(refusal)),
        detail=refusal.detail if refusal.detail != refusal.title else "",
        headers={"Retry-After": "1"} if isinstance(refusal, InFlight) else None,
        members=refusal.facts,
    )


def refusal_shown(refusal: Refusal) -> dict[str, object]:
    """Return a refusal as the error of one item among others that were accepted."""
    shown: dict[str, object] = {
        **refusal.facts,
        "code": refusal.code,
        "title": translated(refusal.title),
    }
    if refusal.detail != refusal.title:
        shown["detail"] = translated(refusal.detail)
    return shown


def status_of(refusal_class: type[Refusal]) -> int:
    """Return the HTTP status of a kind of refusal."""
    for family, status in _STATUSES.items():
        if issubclass(refusal_class, family):
            return status
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _drf_problem(error: drf_errors.APIException) -> HttpResponse:
    set_rollback()
    headers: dict[str, str] = dict(getattr(error, "headers", {}))
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, InvalidInput):
        errors = faults_shown(error.faults, place=error.place)
        return problem(code="invalid", members={"errors": errors}, headers=headers)
    if isinstance(error, drf_errors.ValidationError):
        errors = faults_shown(faults_in(error.detail))
        return problem(code="invalid", members={"errors": errors}, headers=headers)
    return problem(
        code=getattr(error.detail, "code", error.default_code),
        status=error.status_code,
        detail=str(error.detail),
        headers=headers,
        members=getattr(error, "members", None),
    )


def _database_problem(error: BaseException) -> HttpResponse | None:
    """Tell the transient from the broken: the client may repeat what is transient."""
    if isinstance(error, OutcomeUnknown):
        logger.error("A commit was not answered: %s", error, exc_info=error)
        return problem(code="outcome_unknown", headers={"Retry-After": "1"})
    cause = lost_by(error)
    if isinstance(cause, postgres_errors.LockNotAvailable):
        return refusal_problem(InFlight())
    if isinstance(cause, (postgres_errors.DeadlockDetected, postgres_errors.SerializationFailure)):
        return problem(code="try_again", headers={"Retry-After": "1"})
    if isinstance(
        error,
        (
            OperationalError,
            InterfaceError,
            postgres_errors.OperationalError,
            postgres_errors.InterfaceError,
        ),
    ):
        logger.error("The database is not available: %s", error, exc_info=error)
        return problem(code="unavailable", headers={"Retry-After": "5"})
    return None


def _django_problem(error: BaseException) -> HttpResponse | None:
    if isinstance(error, Http404):
        return problem(code="not_found")
    if isinstance(error, django_errors.PermissionDenied):
        return problem(code="permission_denied")
    if isinstance(error, django_errors.RequestDataTooBig):
        return problem(code="body_too_large")
    if isinstance(error, django_errors.DisallowedHost):
        return problem(code="malformed_request", detail="This server has another name than Host.")
    if isinstance(error, (django_errors.SuspiciousOperation, django_errors.BadRequest)):
        return problem(code="malformed_request")
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: suspicious requests, an unknown Host among them."""
    if is_for_machines(request):
        return problem_for(exception) or problem(code="malformed_request")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if is_for_machines(request):
        return problem(code="permission_denied")
    return defaults.permission_denied(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    if is_for_machines(request):
        return problem(code="permission_denied", detail="A CSRF token is missing.")
    return csrf_failure_of_django(request, reason=reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if is_for_machines(request):
        return problem(code="not_found")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: called while the exception is being handled."""
    error = sys.exc_info()[1]
    if not is_for_machines(request):
        return defaults.server_error(request)
    if error is not None and (known := problem_for(error)) is not None:
        return known
    request_id = request_id_of(request)
    logger.error("Request %s failed", request_id, exc_info=error)
    return problem(code="internal_error", members={"request_id": request_id})


def catalogue() -> list[dict[str, Any]]:
    """Return every code that a problem may have, with its status and title, by code."""
    known = dict(KINDS)
    for refusal_class in refusals(Refusal):
        known[refusal_class.code] = Kind(status_of(refusal_class), refusal_class.title)
    return [
        {
            "type": f"/problems/{code}",
            "code": code,
            "status": int(status),
            "title": translated(title),
        }
        for code, (status, title) in sorted(known.items())
    ]


def refusals(refusal_class: type[Refusal]) -> Iterator[type[Refusal]]:
    """Yield every kind of a refusal that the process knows."""
    for subclass in refusal_class.__subclasses__():
        yield subclass
        yield from refusals(subclass)


def drf_answer(error: Exception, context: Any) -> HttpResponse | None:
    """DRF's EXCEPTION_HANDLER, for the few views that aren't `ApiView` (the readable docs)."""
    return problem_for(error)
