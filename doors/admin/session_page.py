"""What the script of each page asks: how long the session lasts, and whether it may last on."""

from datetime import UTC, datetime

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from doors.sessions import note_activity, seconds_left

WARNED_SECONDS_BEFORE = 120


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def session_page(request: HttpRequest) -> JsonResponse:
    """Return the seconds that are left, 0 for whoever isn't logged in; a POST prolongs them.

    Looking doesn't count as activity. The form's token comes along, because a login in another
    window changes it, and the page that waits would lose what was typed into it.
    """
    left = 0
    now = datetime.now(UTC)
    if request.user.is_authenticated:
        if request.method == "POST":
            note_activity(request.session, now=now)
        left = max(0, seconds_left(request.session, now=now))
    return JsonResponse(
        {
            "seconds_left": left,
            "warned_before": WARNED_SECONDS_BEFORE,
            "token": get_token(request),
            "login": reverse("admin:login"),
            "soon": _("You will be logged out soon, because nothing was asked for in a while."),
            "stay": _("Stay logged in"),
            "ended": _(
                "You were logged out. What you typed on this page is still here: log in again"
                " in a new window, then go on here."
            ),
            "again": _("Log in again"),
        }
    )
