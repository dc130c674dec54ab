"""What is known of a request without asking anybody: its id, its route, and who sent it."""

import logging
import os
import re
from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

HEADER = "X-Request-ID"
UNMATCHED = "unmatched"
# Elsewhere (the admin) people read the errors, as Django's pages.
_MACHINE_PATHS = ("/api/", "/oauth/", "/problems")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# No header can be read under these names: when the web server's front had the request, by the clock
# that only counts on; and its id.
ASKED_AT = "tenure.asked_at"
_KEPT = "tenure.request_id"
# Set by the web server's front if the path had %2F: it is a slash like the others by now.
ENCODED_SLASH = "tenure.encoded_slash"


def request_id_of(request: HttpRequest) -> str:
    """Return the caller's or the proxy's request id if it is one, or a new one; always the same."""
    known: str | None = request.META.get(_KEPT)
    if known is None:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        known = given if _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
        request.META[_KEPT] = known
    return known


def is_for_machines(request: HttpRequest) -> bool:
    """Return whether errors of this path are problems, and not pages for people."""
    return is_path_for_machines(request.path_info)


def is_path_for_machines(path: str) -> bool:
    """Return the same of a path."""
    return path.startswith(_MACHINE_PATHS)


def announced_bytes(request: HttpRequest) -> int:
    """Return how long the body is announced to be; 0 if nothing is."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isdecimal() else 0


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address, which has names where the address has ids."""
    match = request.resolver_match
    if match is None or not match.route or match.route.startswith("^"):
        return UNMATCHED
    return match.route


def facts_of(request: HttpRequest) -> Mapping[str, object]:
    """Return what every line of a request says; a user is named only if somebody asked for them."""
    facts: dict[str, object] = {
        "request_id": request_id_of(request),
        "method": request.method,
        "route": route_of(request),
    }
    caller = request.__dict__.get("user")
    # A lazy one is a person, whom asking would look up.
    client_id = None if type(caller) is SimpleLazyObject else getattr(caller, "client_id", None)
    if client_id is not None:
        facts["client_id"] = client_id
    person = request.__dict__.get("_cached_user")
    if person is not None and person.pk is not None:
        facts["user_id"] = person.pk
    return facts


class Unsaid(logging.Filter):
    """Lets through of Django's lines about requests what nobody else says.

    That is the failure of a page for people, told by its route: Django would quote the path,
    with the ids and the search in it. The API's failures are logged by `doors.api.problems`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            return True
        if record.exc_info is None or is_for_machines(request):
            return False
        if isinstance(record.args, tuple):
            route = route_of(request)
            record.args = tuple(route if each == request.path else each for each in record.args)
        return True
