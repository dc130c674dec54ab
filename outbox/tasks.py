"""The relay, the sender and the pruning, as the clock gives them; each makes one call."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from celery import shared_task
from django.conf import settings

from outbox.operations.cancel_messages import cancel_messages
from outbox.operations.prune_news import prune_news as prune_news_verb
from outbox.operations.relay_events import relay_events
from outbox.operations.replay_events import write_replays

_now = partial(datetime.now, UTC)


@shared_task
def relay_news(**_: Any) -> None:
    """The clock gives it, and whoever announced what somebody inside hears."""
    if relay_events(now=_now()).messages:
        send_webhooks.apply_async(expires=60)


@shared_task
def send_webhooks(**_: Any) -> None:
    """Cancel what disabled webhooks wait for, write the replays asked for, send what is due."""
    # Who only relays needs no network.
    from outbox.operations.send_messages import send_messages

    cancel_messages(now=_now())
    write_replays(now=_now())
    send_messages(clock=_now)


@shared_task
def prune_news(**_: Any) -> None:
    prune_news_verb(now=_now(), kept=timedelta(days=settings.NEWS_KEPT_DAYS))
