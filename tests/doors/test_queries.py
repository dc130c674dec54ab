"""Query parameters that an operation doesn't name are refused, whatever its method.

The operations come from the OpenAPI document, as in `test_owners`.
"""

from typing import Any

import pytest

from tests.doors.world import ID, World, body_for, everything, ids_in, operations

pytestmark = pytest.mark.django_db

# Every parameter that any operation names: what is one's own is unknown to another.
PARAMETERS = sorted(
    {
        each["name"]
        for operation in operations().values()
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    }
)
OTHER_METHODS = {"HEAD", "OPTIONS"}


def named_by(name: str) -> set[str]:
    asked = operations()[name].get("parameters", ())
    return {each["name"] for each in asked if each["in"] == "query"}


def path_of(name: str) -> tuple[str, str]:
    method, _, path = name.partition(" ")
    for each in ids_in(name):
        path = path.replace(f"{{{each}}}", ID)
    return method, path


def faulty_parameters(answer: Any) -> set[str]:
    assert answer.status_code == 400, (answer.status_code, answer.content)
    return {each["parameter"] for each in answer.json()["errors"] if each["code"] == "unknown"}


@pytest.mark.parametrize(
    "name", [n for n in operations() if "case_id" not in n and "payout_id" not in n]
)
def test_what_an_operation_does_not_name_is_refused(name: str, world: World) -> None:
    unknown = {each for each in (*PARAMETERS, "dry_run", "x") if each not in named_by(name)}
    before = everything()
    method, path = path_of(name)
    query = "&".join(f"{each}=1" for each in sorted(unknown))
    answer = world.owner.call(method, f"{path}?{query}", body_for(operations()[name]))
    assert faulty_parameters(answer) == unknown
    assert everything() == before


@pytest.mark.parametrize("method", sorted(OTHER_METHODS))
@pytest.mark.parametrize("path", ["/redemptions", "/program"])
def test_methods_that_are_not_documented_refuse_them_too(
    method: str, path: str, world: World
) -> None:
    assert world.owner.call(method, f"{path}?x=1", None).status_code == 400
    assert world.owner.call(method, path, None).status_code in (200, 204)


@pytest.mark.parametrize("path", ["/api/v1/schema", "/problems", "/problems/invalid"])
def test_what_is_public_refuses_them_too(path: str, browser: Any) -> None:
    assert browser.get(f"{path}?x=1").status_code == 400
    assert browser.get(path).status_code == 200


def test_only_reads_name_any() -> None:
    assert {
        name for name in operations() if named_by(name) and not name.startswith("GET ")
    } == set()
