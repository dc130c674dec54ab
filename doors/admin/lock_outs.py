"""Failed logins: who is locked out, and letting them in again."""

from datetime import UTC, datetime
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column


@admin.register(AccessAttempt)
class LockOutAdmin(ReadOnlyAdmin[AccessAttempt]):
    """Failed logins by name and address. Whoever is deleted here may try again at once."""

    list_display = ("username", "ip_address", "failures_since_start", "state", "attempt_time")
    search_fields = ("username", "ip_address")
    search_help_text = _("Search by user or address")
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    empty_sentence = _("Nobody has failed to log in lately.")

    @column(description=_("State"), label={"locked out": "danger", "may try": "info"})
    def state(self, attempt: AccessAttempt) -> str:
        """Return whether these failures are too many; after a quarter of an hour none is."""
        lasts_until = attempt.attempt_time + settings.AXES_COOLOFF_TIME
        is_recent = datetime.now(UTC) < lasts_until
        too_many = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        return "locked out" if too_many and is_recent else "may try"

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        """Return whether this is a superuser."""
        return bool(getattr(request.user, "is_superuser", False))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return none: each is let in by itself."""
        return {}
