"""The schema says of each id where it is unique, wherever the id stands."""

from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from doors.api.ids import SCOPES_OF_IDS

OVERALL, PER_SUBSCRIBER = "over all subscribers", "per subscriber"


@pytest.fixture(scope="module")
def schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


def described(node: Any, name: str) -> Iterator[dict[str, Any]]:
    """Each member and parameter of a name."""
    if isinstance(node, list):
        for each in node:
            yield from described(each, name)
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and name in node["properties"]:
            yield node["properties"][name]
        if node.get("name") == name and "in" in node:
            yield node
        for each in node.values():
            yield from described(each, name)


@pytest.mark.parametrize("name", sorted(SCOPES_OF_IDS))
def test_every_id_is_described(schema: Any, name: str) -> None:
    found = list(described(schema, name))
    assert found
    assert all(each.get("description") for each in found)


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("charge_id", PER_SUBSCRIBER),
        ("refund_id", PER_SUBSCRIBER),
        ("redemption_id", OVERALL),
        ("referral_id", OVERALL),
    ],
)
def test_the_scope_is_told_wherever_an_id_is_sent(schema: Any, name: str, scope: str) -> None:
    told = [each["description"] for each in described(schema, name)]
    assert len(told) > 1
    assert all(scope in each for each in told)
