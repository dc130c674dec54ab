"""How far the news is behind: what wasn't delivered, and since when the oldest waits."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min

from outbox.models import Event


class Lag(NamedTuple):
    """How many events aren't relayed, and since when the oldest waits."""

    unrelayed: int
    oldest_at: datetime | None


def news_lag() -> Lag:
    """Read the lag: everything that the table still holds."""
    waiting = Event.objects.aggregate(count=Count("id"), oldest=Min("announced_at"))
    return Lag(waiting["count"], waiting["oldest"])
