"""The history of an object is its part of the audit trail, and not what Django's forms noted."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect

from doors.admin.choices import ChosenRows
from doors.history import history_address

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class HistoryInTrail(ChosenRows, _Admin):
    """An admin whose "History" leads to the trail, for those who may read it."""

    # What the trail calls these objects; empty where it doesn't know them.
    trail_kind = ""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form, with the way to its history if there is one to read."""
        shown = bool(history_address(request, self.trail_kind, object_id))
        more = {**(extra_context or {}), "show_history": shown}
        return super().changeform_view(request, object_id, form_url, more)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Lead to the trail.

        Raises:
            PermissionDenied: this user may not read it, or it knows nothing of these objects.
        """
        address = history_address(request, self.trail_kind, object_id)
        if not address:
            raise PermissionDenied
        return HttpResponseRedirect(address)
