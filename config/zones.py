"""The admin speaks the program's time: its months, days and expiry follow that zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponse]


def program_time_in_admin(get_response: GetResponse) -> GetResponse:
    """Show and read moments in the program's zone wherever people look at them."""
    zone = ZoneInfo(settings.PROGRAM_TIME_ZONE)

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return middleware
