"""The API describes itself, exactly and without another server's help."""

from typing import Any

import drf_spectacular.generators
import pytest
from django.test import Client as Browser
from drf_spectacular import validation

from doors.api.problems import KINDS
from tests.doors.charges import api


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    generators: Any = drf_spectacular.generators
    generator = generators.SchemaGenerator(patterns=api)
    described: dict[str, Any] = generator.get_schema(request=None, public=True)
    return described


def test_the_document_is_valid(document: dict[str, Any], capsys: Any) -> None:
    validator: Any = validation
    validator.validate_schema(document)
    assert document["openapi"].startswith("3.1")
    assert "Warning" not in capsys.readouterr().err


def test_strict_fields_are_told_exactly(document: dict[str, Any]) -> None:
    charge = document["components"]["schemas"]["ChargeBodyRequest"]
    assert charge["additionalProperties"] is False
    assert charge["properties"]["amount"]["maxLength"] == len("10000000000.00")
    assert charge["properties"]["currency"]["const"] == "RUB"
    assert charge["properties"]["charge_id"]["maxLength"] == 64
    assert charge["properties"]["occurred_at"]["format"] == "date-time"
    batch = document["components"]["schemas"]["BatchBodyRequest"]["properties"]["charges"]
    assert (batch["minItems"], batch["maxItems"]) == (1, 3)
    assert batch["items"] == {"$ref": "#/components/schemas/ChargeBodyRequest"}


def test_each_operation_names_its_scope_and_problems(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/charges"]["post"]
    assert operation["security"] == [{"oauth2": ["charges:write"]}]
    assert {"400", "401", "403", "409", "413", "415", "422", "503"} <= set(operation["responses"])
    assert (operation["summary"], operation["description"]) == (
        "Post one charge",
        "Safe to repeat.",
    )
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "/oauth/token"


def test_parameters_of_query_and_filters_are_listed(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/v1/clients"]["get"]["parameters"]
    assert {each["name"] for each in parameters} == {"limit", "after", "is_enabled", "name"}
    (limit,) = [each for each in parameters if each["name"] == "limit"]
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 1000)


def test_the_document_comes_as_json_and_yaml(browser: Browser) -> None:
    response = browser.get("/api/v1/schema")
    assert response["Content-Type"] == "application/json"
    assert response.json()["info"]["title"] == "Tenure"
    for response in (
        browser.get("/api/v1/schema?format=yaml"),
        browser.get("/api/v1/schema", headers={"accept": "application/yaml"}),
    ):
        assert response["Content-Type"] == "application/yaml"
        assert response.content.startswith(b"openapi: 3.1")
    assert browser.get("/api/v1/schema?format=xml").status_code == 400


def test_the_readable_documentation_needs_no_other_server(browser: Browser) -> None:
    page = browser.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"drf_spectacular_sidecar" in page.content
    assert b"https://" not in page.content


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "DELETE"])
def test_the_readable_documentation_can_only_be_read(browser: Browser, method: str) -> None:
    answer = browser.generic(method, "/api/v1/docs")
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert browser.head("/api/v1/docs").status_code == 200


def test_every_code_has_its_explanation(browser: Browser) -> None:
    codes = {each["code"] for each in browser.get("/problems").json()["data"]}
    assert set(KINDS) <= codes
    assert "id_reused" in codes
    assert browser.get("/problems/in_flight").json()["status"] == 409
    assert browser.get("/problems/nonsense").status_code == 404
