"""Clear away news that was relayed and messages that were delivered long ago."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from doors.jobs import JobCommand
from outbox.operations.prune_news import prune_news


class Command(JobCommand):
    help = "Clear away news that was relayed and messages that were delivered long ago."

    def run(self, *, now: datetime, **options: Any) -> str:
        pruned = prune_news(now=now, kept=timedelta(days=settings.NEWS_KEPT_DAYS))
        return f"{pruned.events:,} events and {pruned.messages:,} messages were cleared away."
