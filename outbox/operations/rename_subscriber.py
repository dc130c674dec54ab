"""Call a subscriber otherwise in the news that are kept."""

from typing import Any

from outbox.queries.naming import SUBSCRIBER_MEMBERS, events_naming


def rename_subscriber(*, external_id: str, renamed: str) -> int:
    """Let news name a subscriber by another id, in the caller's transaction; safe to repeat.

    Returns:
        In how many events.
    """
    events = 0
    for event in events_naming(external_id=external_id):
        items = [_renamed(item, external_id, renamed) for item in event.items]
        if items != event.items:
            event.items = items
            event.save(update_fields=["items"])
            events += 1
    return events


def _renamed(item: dict[str, Any], external_id: str, renamed: str) -> dict[str, Any]:
    after = dict(item)
    for member in SUBSCRIBER_MEMBERS:
        if item.get(member) == external_id:
            after[member] = renamed
    # A case about a registration is about the subscriber themselves.
    if item.get("subject") == {"type": "registration", "id": external_id}:
        after["subject"] = {"type": "registration", "id": renamed}
    return after
