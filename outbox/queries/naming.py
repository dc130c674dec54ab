"""News that name somebody by billing's id."""

from collections.abc import Iterator
from typing import Any

from outbox.models import Event

# Where an item names a subscriber.
SUBSCRIBER_MEMBERS = ("subscriber_id", "inviter_id", "invitee_id")

# No index: this is asked when somebody is exported or erased, and never for a request.
_NAMING = "strpos(items::text, to_json(%s::text)::text) > 0"


def events_naming(*, external_id: str) -> Iterator[Event]:
    """Events with an item about a subscriber, and some in which the id means something else."""
    asked = Event.objects.extra(where=[_NAMING], params=[external_id])  # noqa: S610 (our own)
    yield from asked.order_by("pk").iterator(chunk_size=500)


def news_naming(*, external_id: str) -> list[dict[str, Any]]:
    """The items about a subscriber, without those of others that were announced with them."""
    return [
        {"name": event.name, "announced_at": event.announced_at, "item": item}
        for event in events_naming(external_id=external_id)
        for item in event.items
        if names(item, external_id)
    ]


def names(item: dict[str, Any], external_id: str) -> bool:
    """Whether an item is about a subscriber."""
    return any(item.get(member) == external_id for member in SUBSCRIBER_MEMBERS)
