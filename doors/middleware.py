"""What every request passes: the witness, and Django's middleware that serves people only.

Sessions, languages, logins and messages mean nothing to the API, and took more than half of the
time that an empty request spent in Django. What protects (security headers, the host check,
CSRF, framing) stays in everyone's way.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from time import monotonic, perf_counter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation.trans_real import parse_accept_lang_header
from django_otp.middleware import OTPMiddleware

from doors import headers
from doors.api.problems import problem
from doors.bodies_wanted import BodyWanted
from doors.logs import lines_tell, say
from doors.metrics import count_request
from doors.patience import waiting_at_most
from doors.queries import has_second_factor
from doors.request_lines import (
    ASKED_AT,
    HEADER,
    announced_bytes,
    facts_of,
    is_for_machines,
    request_id_of,
    route_of,
)
from doors.sessions import has_ended, note_activity
from trail.acting import acting

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_FORMS_OF_STRANGERS = ("admin:login", "admin:logout", "set_language", "session")

Answer = Callable[[HttpRequest], HttpResponseBase]

_requests = logging.getLogger("tenure.requests")


class Witness:
    """Gives each request an id, and leaves one line and one measurement of it.

    They name the route, and not the path, which holds ids.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        with lines_tell(partial(facts_of, request)):
            try:
                response = self._get_response(request)
            except BodyWanted:
                # Never sent: the front receives the body and asks again.
                return HttpResponse(status=HTTPStatus.CONTINUE)
            seconds = perf_counter() - started
            response.headers[HEADER] = request_id_of(request)
            status = response.status_code
            count_request(request.method or "", route_of(request), status, seconds)
            say(_requests, "request", status=status, ms=round(seconds * 1000, 1))
        return response


class Deadline:
    """Bounds how long a request waits for the database, whatever became of its server.

    One that has waited so long for a thread already is not begun: its sender has gone, or sends it
    again, and a database that hung has many of these waiting.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked_at = request.META.get(ASKED_AT)
        waited = 0.0 if asked_at is None else monotonic() - asked_at
        left = settings.REQUEST_SECONDS - waited
        if left <= 0:
            return problem(code="unavailable", headers={"Retry-After": "5"})
        with waiting_at_most(left):
            return self._get_response(request)


class SecurityHeaders:
    """What browsers are told of every answer, static files included.

    A view that needs another policy sets it itself.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        said = response.headers
        for name, value in headers.EVERYWHERE.items():
            said[name] = value
        if is_for_machines(request):
            said.setdefault(headers.POLICY, headers.MACHINE_POLICY)
            said.setdefault("Cache-Control", "no-store")
        else:
            said.setdefault(headers.POLICY, headers.PEOPLE_POLICY)
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


class TrailForPeople(_ForPeople):
    """Who changes something in the admin, from which page: the audit trail keeps it.

    Pages that are only looked at cost nothing.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE_METHODS or is_for_machines(request):
            return super().__call__(request)
        said = {"page": request.path, "request": request_id_of(request)}
        with acting(by=request.user.get_username(), **said):
            return super().__call__(request)


class ProgramTimeForPeople(_ForPeople):
    """Moments of the admin, shown and read in the program's zone: its months and days follow it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(settings.PROGRAM_TIME_ZONE)):
            return super().__call__(request)


class EndOfSessionForPeople(_ForPeople):
    """Sessions end after a while without a request, and after half a day whatever happens."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_for_machines(request) or not request.user.is_authenticated:
            return self.get_response(request)  # type: ignore[return-value]
        now = datetime.now(UTC)
        # Whoever only asks how long there is left is answered, and isn't active by it.
        only_asks = request.path_info == reverse("session")
        if has_ended(request.session, now=now):
            logout(request)
            if only_asks:
                return self.get_response(request)  # type: ignore[return-value]
            if request.method == "GET":
                return redirect_to_login(request.get_full_path())
            return redirect_to_login(reverse("admin:index"))
        if not only_asks:
            note_activity(request.session, now=now)
        return self.get_response(request)  # type: ignore[return-value]


class SecondFactorForPeople(_ForPeople):
    """Whoever has a second factor, or must have one, gives it before anything else is shown."""

    def __init__(self, get_response: Answer) -> None:
        super().__init__(get_response)
        self.with_device = OTPMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_for_machines(request):
            return self.get_response(request)  # type: ignore[return-value]
        self.with_device._install_lazy_accessors(request)
        page = self._page_first(request)
        if page is None:
            return self.get_response(request)  # type: ignore[return-value]
        asked = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(f"{reverse(page)}?{asked}")

    def _page_first(self, request: HttpRequest) -> str | None:
        """Return the page that comes before the one asked for, if one does."""
        user = request.user
        if not user.is_authenticated or user.is_verified():  # type: ignore[attr-defined]
            return None
        wanted = "second-factor" if has_second_factor(user_id=user.pk) else "second-factor-new"
        if wanted == "second-factor-new" and not settings.ADMIN_SECOND_FACTOR:
            return None
        free = {reverse(name) for name in (wanted, "admin:logout", "admin:jsi18n", "session")}
        return None if request.path in free else wanted


class KnownFirstForPeople(_ForPeople):
    """Nothing that a stranger sends is read, but for the forms that strangers fill in."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.method in SAFE_METHODS
            or is_for_machines(request)
            or not request.path_info.startswith(reverse("admin:index"))
            or request.user.is_authenticated
        ):
            return self.get_response(request)  # type: ignore[return-value]
        if request.path_info not in map(reverse, _FORMS_OF_STRANGERS):
            return redirect_to_login(reverse("admin:index"))
        if announced_bytes(request) > settings.BODY_OF_STRANGERS_BYTES:
            return HttpResponse(
                gettext("The body is too large."),
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                content_type="text/plain; charset=utf-8",
            )
        return self.get_response(request)  # type: ignore[return-value]
