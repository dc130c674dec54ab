"""What every request passes: the witness, and Django's middleware that serves people only.

Sessions, languages, logins and messages mean nothing to the API, and took more than half of the
time that an empty request spent in Django. What protects (security headers, the host check,
CSRF, framing) stays in everyone's way.
"""

import logging
from collections.abc import Callable
from functools import partial
from time import perf_counter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from doors.logs import lines_tell, say
from doors.metrics import count_request
from doors.request_lines import HEADER, facts_of, is_for_machines, request_id_of, route_of

_requests = logging.getLogger("tenure.requests")


class Witness:
    """Gives each request an id, and leaves one line and one measurement of it.

    They name the route, and not the path, which holds ids.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        with lines_tell(partial(facts_of, request)):
            response = self._get_response(request)
            seconds = perf_counter() - started
            response.headers[HEADER] = request_id_of(request)
            status = response.status_code
            count_request(request.method or "", route_of(request), status, seconds)
            say(_requests, "request", status=status, ms=round(seconds * 1000, 1))
        return response


class _ForPeople(MiddlewareMixin):
    """Steps aside for the paths of machines."""

    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_for_machines(request):
            return self.get_response(request)  # type: ignore[return-value]
        return super().__call__(request)  # type: ignore[return-value]


class SessionForPeople(_ForPeople, SessionMiddleware):
    """Sessions of the admin."""


class LocaleForPeople(_ForPeople, LocaleMiddleware):
    """Languages of the admin; the API answers in one."""


class AuthenticationForPeople(_ForPeople, AuthenticationMiddleware):
    """Logins of the admin; the API's callers are `doors.api.authentication`'s."""


class MessagesForPeople(_ForPeople, MessageMiddleware):
    """Messages of the admin."""


class ProgramTimeForPeople(_ForPeople):
    """Moments of the admin, shown and read in the program's zone: its months and days follow it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(settings.PROGRAM_TIME_ZONE)):
            return super().__call__(request)
