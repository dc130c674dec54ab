"""News that name somebody by billing's id."""

from collections.abc import Iterator
from typing import Any

from outbox.models import Event, Message

# Where an item names a subscriber.
SUBSCRIBER_MEMBERS = ("subscriber_id", "inviter_id", "invitee_id")

# No index: this is asked when somebody is exported or erased, and never for a request.
_NAMING = "strpos(items::text, to_json(%s::text)::text) > 0"


def rows_naming(*, external_id: str) -> Iterator[Event | Message]:
    """Events, and messages of webhooks, with an item about a subscriber.

    Some among them only hold the id where it means something else.
    """
    for kept in (Event, Message):
        asked = kept.objects.extra(where=[_NAMING], params=[external_id])  # noqa: S610 (our own)
        yield from asked.order_by("pk").iterator(chunk_size=500)


def news_naming(*, external_id: str) -> list[dict[str, Any]]:
    """The items about a subscriber, without those of others that were announced with them.

    What was announced and what is on its way to a webhook are two rows, and listed as such.
    """
    return [
        {"name": row.name, "announced_at": row.announced_at, "item": item}
        for row in rows_naming(external_id=external_id)
        for item in row.items
        if names(item, external_id)
    ]


def names(item: dict[str, Any], external_id: str) -> bool:
    """Whether an item is about a subscriber."""
    return any(item.get(member) == external_id for member in SUBSCRIBER_MEMBERS)
