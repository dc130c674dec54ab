"""A client with one of everything, another client, and every operation of the OpenAPI document."""

import re
from functools import cache
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from drf_spectacular.generators import SchemaGenerator
from oauth2_provider.models import AccessToken, set_token_value

from doors.models import Client
from doors.scopes import SCOPES
from tests.books import dump, rows
from tests.journeys.conftest import Billing, subscriber_body

ID = "the-owners-own"


@cache
def operations() -> dict[str, dict[str, Any]]:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = document["components"]["schemas"]
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": operation | {"schemas": schemas}
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def ids_in(operation: str) -> list[str]:
    return re.findall(r"{(\w+)}", operation)


def body_for(operation: dict[str, Any]) -> Any:
    """A body that the document promises will be read: its example, or what it requires."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    for example in content.get("examples", {}).values():
        return example["value"]
    return made_of(content["schema"], operation["schemas"])


def made_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        required = schema.get("required", ())
        return {name: made_of(schema["properties"][name], schemas) for name in required}
    return schema.get("examples", ["x"])[0]


class World:
    """A client with one of everything, and another one with every scope."""

    def __init__(self, browser: Any, owner: str, stranger: str) -> None:
        self.owner = Billing(browser, owner)
        self.stranger = Billing(browser, stranger)
        self.subscriber_id = ""

    def make_all(self) -> None:
        assert self.register(self.owner).status_code == 201
        assert self.upload(self.owner).status_code == 202
        self.subscriber_id = self.owner.subscriber(**subscriber_body())
        charge = {
            "charge_id": "c", "subscriber_id": self.subscriber_id, "amount": "1000.00",
            "currency": "RUB", "kind": "service", "occurred_at": "2026-10-01T10:00:00+03:00",
        }  # fmt: skip
        assert self.owner.post("/charges", charge).status_code == 201
        assert self.reserve(self.owner).status_code == 201

    def register(self, by: Billing) -> Any:
        body = {"webhook_id": ID, "url": "https://crm.example.com/hooks"}
        return by.post("/webhooks", body)

    def reserve(self, by: Billing) -> Any:
        body = {
            "redemption_id": ID, "subscriber_id": self.subscriber_id, "points": 100,
            "reward": "bill_credit",
        }  # fmt: skip
        return by.post("/redemptions", body)

    def upload(self, by: Billing) -> Any:
        header = "charge_id,subscriber_id,amount,currency,kind,occurred_at"
        file = SimpleUploadedFile("f.csv", f"{header}\nc1,s1,1.00,RUB,service,x\n".encode())
        form = {"import_id": ID, "kind": "charges", "file": file}
        return by.browser.generic(
            "POST", "/api/v1/imports", encode_multipart(BOUNDARY, form),
            content_type=MULTIPART_CONTENT, headers={"authorization": by.token},
        )  # fmt: skip

    def call(self, by: Billing, name: str) -> Any:
        method, _, path = name.partition(" ")
        for each in ids_in(name):
            path = path.replace(f"{{{each}}}", ID)
        return by.call(method, path, body_for(operations()[name]))


def token_of(client: Client) -> str:
    token = AccessToken(application=client, scope=" ".join(SCOPES), expires="2100-01-01T00:00:00Z")
    raw = uuid4().hex
    set_token_value(token, raw)
    token.save()
    return f"Bearer {raw}"


def client_called(name: str) -> Client:
    made: Client = Client.objects.create(
        name=name, client_id=name, client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS, scopes=list(SCOPES),
    )  # fmt: skip
    return made


def everything() -> dict[str, Any]:
    kept = rows("SELECT i::text FROM imports_import i") + rows(
        "SELECT s::text FROM imports_shard s"
    )
    return dump() | {"imports": kept}
