"""Whatever a test announces is held against its schema in the OpenAPI document."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from config.events import EVENTS
from config.routes import INSIDE
from outbox.operations import publish as _  # noqa: F401 (so that its module is loaded)

# Above this many items of one announcement only those of a new shape are looked at.
FEW = 50

_seen: set[tuple[Any, ...]] = set()


class Undocumented(AssertionError):
    """An item isn't what the OpenAPI document says."""


@cache
def validator_of(name: str) -> Draft202012Validator:
    """What an item of an event must be: the documented members and no others."""
    item = EVENTS[name][1].__name__
    schemas = {called: _closed(schema) for called, schema in _components().items()}
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{item}", "components": {"schemas": schemas}}
    )


@cache
def _components() -> dict[str, Any]:
    document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    schemas: dict[str, Any] = document["components"]["schemas"]
    return schemas


def _closed(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if "properties" in closed:
        closed["additionalProperties"] = False
    return closed


def check(name: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Hold items against their schema.

    Raises:
        Undocumented: with the first that differs.
    """
    if name in INSIDE:
        return
    for item in items:
        shape = (name, *((key, type(value)) for key, value in item.items()))
        if len(items) > FEW and shape in _seen:
            continue
        fault = next(validator_of(name).iter_errors(item), None)
        if fault is not None:
            raise Undocumented(f"{name}: {fault.message} at {fault.json_path} of {item}")
        _seen.add(shape)


@pytest.fixture(scope="session", autouse=True)
def _announcements_are_documented() -> Iterator[None]:
    module = sys.modules["outbox.operations.publish"]
    written = module.pages_written

    def pages_written(name: str, items: Sequence[Mapping[str, object]]) -> list[str]:
        pages: list[str] = written(name, items)
        check(name, [item for page in pages for item in orjson.loads(page)])
        return pages

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "pages_written", pages_written)
        yield
