"""What the OpenAPI document promises is what the fields demand, of every operation.

Each member of each body and each parameter is sent what its schema allows and what it doesn't:
a fault is told of exactly those that the schema refuses. The answers are among those that the
document names.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from jsonschema import Draft202012Validator, ValidationError, validators

from tests.doors.world import ID, World, ids_in, operations

pytestmark = pytest.mark.django_db

TEXTS: list[Any] = [
    "a", " a", "a ", "a b", "", " ", "\u00a0", "a\u00a0", "a\u00a0b", "\u3000a", "a\tb", "a\nb",
    "a\n", "a\x00", "a\x7f", "a\u2028b", "a\u200bb", "\ufeffa", "a\u00adb", "a\ue000", "a/b", "/",
    ".", "..",
    "...", "a.b", "order.paid", "заказ 7", "😀", "x" * 32, "x" * 33, "x" * 64, "x" * 65, "x" * 200,
    "x" * 201, "x" * 255, "x" * 256, "x" * 500, "x" * 501, "x" * 2048, "x" * 2049,
    "0", "0.0", "0.00", "00", "01", "0.01", "1", "1.5", "1.555", "1e3", "+1", "-1", "1,5",
    "10000000000", "10000000000.00", "10000000000.01", "9999999999.99", "99999999999.99",
    "2025-06-30", "2025-6-30", "2025-13-01", "1899-12-31", "1900-01-01", "30.06.2025",
    "2025-06-30T21:15:00+03:00", "2025-06-30t21:15:00z", "2025-06-30 21:15:00+03:00",
    "2025-06-30T21:15:00", "2025-06-30T21:15:60Z", "2025-06-30T24:00:00Z",
    "2025-06-30T21:15:00.123456Z", "2025-06-30T21:15:00.1234567Z", "1969-06-30T21:15:00Z",
    "0190f1d2-7c1a-7f3a-9b1e-0123456789ab", "0190F1D27C1A7F3A9B1E0123456789AB",
    "true", "True", "RUB", "rub", "RUR",
]  # fmt: skip
OTHERS: list[Any] = [
    None, True, False, 0, 1, -1, 2, 120, 121, 1000, 1001, 2**31, 2**63 - 1, 2**63, 1.5, [], {},
    [None], ["a"], [1], [{}], {"x": 1},
]  # fmt: skip
PROBES = TEXTS + OTHERS

# Faults that no schema can tell: what they are stands in words.
UNTOLD = {
    "not_a_phone_number", "not_of_this_kind", "card_number", "no_such_day", "in_the_future",
    "url_refused", "unknown_event_name",
}  # fmt: skip
# Lists whose items have outcomes of their own, beside the others.
READ_ONE_BY_ONE = {"charges"}
WITH_BODY = [
    name for name in operations()
    if "application/json" in operations()[name].get("requestBody", {}).get("content", {})
]  # fmt: skip
WITH_QUERY = [
    name for name, each in operations().items()
    if any(p["in"] == "query" for p in each.get("parameters", ()))
]  # fmt: skip


def _matches(_: Any, pattern: str, text: Any, __: Any) -> Iterator[Any]:
    """As ECMA-262 reads a pattern: `$` is the end, and not what stands before a last line feed."""
    if isinstance(text, str) and not re.search(pattern.replace("$", r"\Z"), text):
        yield ValidationError(f"{text!r} has another form")


Validator = validators.extend(Draft202012Validator, {"pattern": _matches})


@cache
def validator(schema: bytes) -> Any:
    return Validator(orjson.loads(schema))


def allows(schema: dict[str, Any], schemas: dict[str, Any], value: Any) -> bool:
    whole = {**schema, "components": {"schemas": schemas}}
    return bool(validator(orjson.dumps(whole)).is_valid(value))


def schema_of(node: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """What a node refers to, whatever else it may be (null)."""
    for each in (node, *node.get("oneOf", ()), *node.get("allOf", ())):
        if "$ref" in each:
            found: dict[str, Any] = schemas[each["$ref"].rpartition("/")[2]]
            return found
    return node


def call(world: World, name: str, body: Any = None, query: str = "") -> Any:
    method, _, path = name.partition(" ")
    for each in ids_in(name):
        path = path.replace(f"{{{each}}}", "1" if each == "case_id" else ID)
    return world.owner.call(method, path + query, body)


def objects_in(
    schema: dict[str, Any], schemas: dict[str, Any], place: str = ""
) -> Iterator[tuple[str, dict[str, Any], Callable[[Any], Any]]]:
    """Each object within a body: its JSON pointer, its members, and the body around it."""
    schema = schema_of(schema, schemas)
    if "items" in schema:
        for inner, members, wrap in objects_in(schema["items"], schemas, f"{place}/0"):
            yield inner, members, lambda value, wrap=wrap: [wrap(value)]  # type: ignore[misc]
    if "properties" not in schema:
        return
    yield place, schema["properties"], lambda value: value
    for name, member in schema["properties"].items():
        if name in READ_ONE_BY_ONE:
            continue
        for inner, members, wrap in objects_in(member, schemas, f"{place}/{name}"):
            yield inner, members, lambda value, name=name, wrap=wrap: {name: wrap(value)}  # type: ignore[misc]


def faults_in(answer: Any) -> dict[str, set[str]]:
    """The codes of faults by the place or the parameter."""
    found: dict[str, set[str]] = {}
    if answer.status_code == 400 and answer.json()["code"] == "invalid":
        for fault in answer.json()["errors"]:
            found.setdefault(fault.get("parameter", fault.get("pointer")), set()).add(fault["code"])
    return found


def codes_at(faults: dict[str, set[str]], place: str) -> set[str]:
    """The codes of faults at a place and beneath it."""
    of = [codes for at, codes in faults.items() if at == place or at.startswith(f"{place}/")]
    return set().union(*of)


@pytest.mark.parametrize("name", WITH_BODY)
def test_members_are_demanded_as_their_schemas_promise(name: str, world: World) -> None:
    operation, schemas = operations()[name], operations()[name]["schemas"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    differences = []
    for place, members, wrap in objects_in(body, schemas):
        for probe in PROBES:
            answer = call(world, name, wrap(dict.fromkeys(members, probe)))
            assert str(answer.status_code) in operation["responses"], (probe, answer.content)
            faults = faults_in(answer)
            for member, schema in members.items():
                codes = codes_at(faults, f"{place}/{member}")
                if member in READ_ONE_BY_ONE:
                    schema = {key: said for key, said in schema.items() if key != "items"}
                promised = allows(schema, schemas, probe)
                if promised == bool(codes) and not (codes and codes <= UNTOLD):
                    differences.append((f"{place}/{member}", probe, promised, codes))
    assert differences == []


@pytest.mark.parametrize("name", WITH_BODY)
def test_members_that_are_needed_or_unknown_are_promised(name: str, world: World) -> None:
    operation, schemas = operations()[name], operations()[name]["schemas"]
    schema = schema_of(operation["requestBody"]["content"]["application/json"]["schema"], schemas)
    assert schema["additionalProperties"] is False
    faults = faults_in(call(world, name, {"no_such": 1}))
    required = {place[1:] for place, codes in faults.items() if "required" in codes}
    assert required == set(schema.get("required", ()))
    assert faults["/no_such"] == {"unknown"}
    for body in (b"[]", b'"x"', b"1", b"null"):
        assert call(world, name, body).status_code == 400


@pytest.mark.parametrize("name", WITH_QUERY)
def test_parameters_are_demanded_as_their_schemas_promise(name: str, world: World) -> None:
    operation, schemas = operations()[name], operations()[name]["schemas"]
    named = {p["name"]: p for p in operation["parameters"] if p["in"] == "query"}
    differences = []
    for probe in TEXTS:
        query = "&".join(f"{each}={quote(probe, safe='')}" for each in named)
        answer = call(world, name, query=f"?{query}")
        assert str(answer.status_code) in operation["responses"], (probe, answer.content)
        at_fault = faults_in(answer)
        for parameter, said in named.items():
            codes = at_fault.get(parameter, set())
            is_number = said["schema"].get("type") == "integer"
            value = (
                int(probe) if is_number and re.fullmatch(r"-?(0|[1-9]\d{0,18})", probe) else probe
            )
            promised = allows(said["schema"], schemas, value)
            if promised == bool(codes) and not (codes and codes <= UNTOLD | {"out_of_range"}):
                differences.append((parameter, probe, promised, codes))
    assert differences == []
    required = {each for each, said in named.items() if said.get("required")}
    faults = faults_in(call(world, name))
    assert {each for each, codes in faults.items() if "required" in codes} == required


@pytest.mark.parametrize("name", [name for name in operations() if ids_in(name)])
def test_ids_in_addresses_are_demanded_as_their_schemas_promise(name: str, world: World) -> None:
    operation, schemas = operations()[name], operations()[name]["schemas"]
    (parameter,) = [each for each in operation["parameters"] if each["in"] == "path"]
    if parameter["schema"].get("format") == "uuid" or parameter["schema"]["type"] != "string":
        return
    for probe in TEXTS:
        if not probe or "/" in probe:
            # Another address: `test_segments` has those.
            continue
        method, _, path = name.partition(" ")
        path = path.replace(f"{{{parameter['name']}}}", quote(probe, safe=""))
        answer = world.owner.call(method, path, {"x": 1} if method != "GET" else None)
        assert str(answer.status_code) in operation["responses"], (probe, answer.content)
        is_faulty = parameter["name"] in faults_in(answer)
        assert is_faulty != allows(parameter["schema"], schemas, probe), ascii(probe)


def test_objects_within_bodies_are_reached() -> None:
    reached = set()
    for name in WITH_BODY:
        operation, schemas = operations()[name], operations()[name]["schemas"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        reached |= {place for place, _, _ in objects_in(body, schemas)}
    assert {"", "/identifiers/0", "/contract", "/verified"} <= reached, reached
