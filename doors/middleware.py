"""Django's middleware that serves people only, and lets the API's requests pass by.

Sessions, languages, logins and messages mean nothing to the API, and took more than half of the
time that an empty request spent in Django. What protects (security headers, the host check,
CSRF, framing) stays in everyone's way.
"""

from contextlib import suppress
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation.trans_real import parse_accept_lang_header

from doors.api.problems import is_for_machines


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
    """Languages: the admin's by cookie or browser, the API's by Accept-Language alone.

    Django leaves the last language with the thread, where the next request of a machine would
    meet it: here it ends with the request.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_for_machines(request):
            asked = request.META.get("HTTP_ACCEPT_LANGUAGE")
            return self._in_language(request, asked) if asked else self.get_response(request)  # type: ignore[return-value]
        try:
            return super().__call__(request)
        finally:
            translation.deactivate()

    def _in_language(self, request: HttpRequest, asked: str) -> HttpResponseBase:
        """Errors are told in the language that is asked for; a machine may ask for none."""
        with translation.override(language_accepted(asked)):
            return self.get_response(request)  # type: ignore[return-value]


def language_accepted(asked: str) -> str:
    """Return which of our languages an Accept-Language header likes best, English by default."""
    for code, _quality in parse_accept_lang_header(asked):
        if code == "*":
            break
        with suppress(LookupError):
            return translation.get_supported_language_variant(code)
    return settings.LANGUAGE_CODE


class AuthenticationForPeople(_ForPeople, AuthenticationMiddleware):
    """Logins of the admin; the API's callers are `doors.api.authentication`'s."""


class MessagesForPeople(_ForPeople, MessageMiddleware):
    """Messages of the admin."""


class ProgramTimeForPeople(_ForPeople):
    """Moments of the admin, shown and read in the program's zone: its months and days follow it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(settings.PROGRAM_TIME_ZONE)):
            return super().__call__(request)
