"""Where each id is unique: told of every member and parameter of that name."""

from collections.abc import Iterator, Mapping
from typing import Any

_KEY = "It is the idempotency key for ever."
# By the name of the member; the same words stand wherever the name does.
SCOPES_OF_IDS: Mapping[str, str] = {
    "subscriber_id": "Billing's id of the line, unique in the program.",
    "inviter_id": "The `subscriber_id` of the inviter.",
    "invitee_id": "The `subscriber_id` of the invitee.",
    "charge_id": "Billing's id of the charge, unique per subscriber: under another subscriber the"
    f" same id is another charge. {_KEY}",
    "refund_id": "Billing's id of the refund, unique per subscriber: under another subscriber the"
    f" same id is another refund. {_KEY}",
    "redemption_id": f"Made by the client, unique over all subscribers. {_KEY}",
    "referral_id": f"Made by the client, unique over all subscribers. {_KEY}",
    "payout_id": "Made by the program, unique over all subscribers.",
}


def say_scopes_of_ids(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add to each id where it is unique (a postprocessing hook)."""
    for name, said in _members(result):
        scope = SCOPES_OF_IDS.get(name)
        before = said.get("description", "")
        if scope is not None and "$ref" not in said and scope not in before:
            said["description"] = f"{before} {scope}".strip()
    return result


def _members(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema and every parameter of an operation, by its name."""
    if isinstance(node, list):
        for each in node:
            yield from _members(each)
    if not isinstance(node, dict):
        return
    properties = node.get("properties")
    if isinstance(properties, dict):
        yield from ((name, said) for name, said in properties.items() if isinstance(said, dict))
    if "in" in node and "schema" in node and isinstance(node.get("name"), str):
        yield node["name"], node
    for each in node.values():
        yield from _members(each)
