"""The lag, as figures on top of the lists."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from doors.amounts import points_shown
from doors.moments import moment_shown
from outbox.queries.lag import Lag, news_lag

# Longer than the relay or an endpoint ever takes when all is well.
_ALARMING = timedelta(minutes=5)


def with_lag(more: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    """The context of a list with the figures on top."""
    return {**(more or {}), "figures": lag_figures(news_lag(), now)}


def lag_figures(lag: Lag, now: datetime) -> list[dict[str, Any]]:
    """What waits for the relay, for the endpoints, and for somebody."""
    pending = sum(each.pending for each in lag.endpoints)
    dead = sum(each.dead for each in lag.endpoints)
    oldest = min((each.oldest_at for each in lag.endpoints if each.oldest_at), default=None)
    page = reverse("admin:outbox_message_changelist")
    behind = lag.behind(now)
    return [
        {
            "name": _("Wait for the relay"),
            "value": points_shown(lag.unrelayed),
            "note": _("The oldest since %(when)s") % {"when": _when(lag.oldest_at)}
            if lag.oldest_at
            else _("Everything is relayed."),
            "is_alarming": behind >= _ALARMING,
        },
        {
            "name": _("Pending messages"),
            "value": points_shown(pending),
            "note": _("The oldest since %(when)s") % {"when": _when(oldest)}
            if oldest
            else _("Nothing waits to be sent."),
            "is_alarming": oldest is not None and now - oldest >= _ALARMING,
            "link": f"{page}?status__exact=pending",
        },
        {
            "name": _("Dead messages"),
            "value": points_shown(dead),
            "note": _("Given up; choose them to send them again.")
            if dead
            else _("Nothing was given up."),
            "is_alarming": dead > 0,
            "link": f"{page}?status__exact=dead",
        },
    ]


def _when(at: datetime | None) -> str:
    return moment_shown(at) if at else "–"
