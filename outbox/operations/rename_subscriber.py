"""Call a subscriber otherwise in the news that are kept."""

from typing import Any

from outbox.queries.naming import SUBSCRIBER_MEMBERS, rows_naming


def rename_subscriber(*, external_id: str, renamed: str) -> int:
    """Let news name a subscriber by another id, in the caller's transaction; safe to repeat.

    Returns:
        In how many events, and messages of webhooks.
    """
    rows = 0
    for row in rows_naming(external_id=external_id):
        items = [_renamed(item, external_id, renamed) for item in row.items]
        if items != row.items:
            row.items = items
            row.save(update_fields=["items"])
            rows += 1
    return rows


def _renamed(item: dict[str, Any], external_id: str, renamed: str) -> dict[str, Any]:
    after = dict(item)
    for member in SUBSCRIBER_MEMBERS:
        if item.get(member) == external_id:
            after[member] = renamed
    # A case about a registration is about the subscriber themselves.
    if item.get("subject") == {"type": "registration", "id": external_id}:
        after["subject"] = {"type": "registration", "id": renamed}
    return after
