"""Django's middleware that serves people only, and lets the API's requests pass by.

Sessions, languages, logins and messages mean nothing to the API, and took more than half of the
time that an empty request spent in Django. What protects (security headers, the host check,
CSRF, framing) stays in everyone's way.
"""

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

from doors.api.problems import given_request_id, is_for_machines
from trail.acting import acting

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


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


class TrailForPeople(_ForPeople):
    """Who changes something in the admin, from which page: the audit trail keeps it.

    Pages that are only looked at cost nothing.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE_METHODS or is_for_machines(request):
            return super().__call__(request)
        said = {"page": request.path, "request": given_request_id(request)}
        with acting(by=request.user.get_username(), **said):
            return super().__call__(request)


class ProgramTimeForPeople(_ForPeople):
    """Moments of the admin, shown and read in the program's zone: its months and days follow it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(settings.PROGRAM_TIME_ZONE)):
            return super().__call__(request)
