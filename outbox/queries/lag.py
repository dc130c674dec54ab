"""How far the news is behind: what isn't relayed, and what each endpoint waits for."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Min, Q

from outbox.models import Endpoint, Event, Message
from outbox.policy.retries import DEAD, PENDING
from outbox.queries.endpoints import endpoints_kept


class EndpointLag(NamedTuple):
    """What an endpoint waits for: how many messages, since when, and how many were given up."""

    endpoint: Endpoint
    pending: int
    oldest_at: datetime | None
    dead: int


class Lag(NamedTuple):
    """How many events aren't relayed, since when the oldest waits, and what endpoints wait for."""

    unrelayed: int
    oldest_at: datetime | None
    endpoints: list[EndpointLag]

    def behind(self, now: datetime) -> timedelta:
        """How long the oldest event has waited for the relay."""
        return max(now - self.oldest_at, timedelta()) if self.oldest_at else timedelta()


def news_lag() -> Lag:
    """Read the lag, from indices that hold only what waits."""
    waiting = Event.objects.filter(relayed_at=None).aggregate(
        count=Count("id"), oldest=Min("announced_at")
    )
    counted = {
        row["endpoint_id"]: row
        for row in Message.objects.filter(status__in=(PENDING, DEAD))
        .values("endpoint_id")
        .annotate(
            pending=Count("id", filter=Q(status=PENDING)),
            oldest=Min("written_at", filter=Q(status=PENDING)),
            dead=Count("id", filter=Q(status=DEAD)),
        )
    }
    nothing: dict[str, Any] = {"pending": 0, "oldest": None, "dead": 0}
    endpoints = []
    for endpoint in endpoints_kept().order_by("webhook_id"):
        row = counted.get(endpoint.pk, nothing)
        endpoints.append(EndpointLag(endpoint, row["pending"], row["oldest"], row["dead"]))
    return Lag(waiting["count"], waiting["oldest"], endpoints)
