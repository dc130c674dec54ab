"""The OpenAPI document: strict fields told exactly, scopes and problems on every operation."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from django_filters import FilterSet
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework.fields import Field
from rest_framework.serializers import Serializer

from doors.api.authentication import scopes_of
from doors.api.bodies import StrictList, StrictQuery, StrictSerializer
from doors.api.fields import ClientId, StrictField
from doors.api.filters import filter_fields
from doors.scopes import SCOPES

TOKEN_URL = "/oauth/token"  # noqa: S105 (an address)
_DOCSTRING_SECTIONS = ("Args:", "Returns:", "Raises:", "Attributes:")
_WRITES = frozenset({"post", "put", "patch", "delete"})


class StrictFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Every strict field says itself what it accepts."""

    target_class = "doors.api.fields.StrictField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the schema of a field, and of a list with its items."""
        field: StrictField = self.target
        if not isinstance(field, StrictList):
            return field.schema()
        return {
            "type": "array",
            "items": _schema_of(auto_schema, field.child, direction),
            "minItems": field.min_items,
            "maxItems": field.max_items,
        }


def _schema_of(auto_schema: AutoSchema, field: Any, direction: Any) -> dict[str, Any]:
    schema: dict[str, Any] = auto_schema._map_serializer_field(  # type: ignore[no-untyped-call]
        field, direction
    )
    return schema


class BearerExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Client credentials, and the scopes of each operation."""

    target_class = "doors.api.authentication.BearerAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return how to get a token."""
        return {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": SCOPES}},
        }

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        """Return what this operation needs."""
        return {"oauth2": scopes_of(auto_schema.view, auto_schema.method)}


class OperationSchema(AutoSchema):
    """An operation as its view describes it.

    The first paragraph of a method's docstring is the summary, the following ones up to `Args:`
    or `Raises:` the description.
    """

    def get_operation_id(self) -> str:
        """Return the method and the name of the view, which are unique together."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.view).__name__.removesuffix("View"))
        return f"{self.method.lower()}_{words.lower()}"

    def get_summary(self) -> str:
        """Return the first paragraph of the docstring."""
        return " ".join(self._paragraphs()[:1]).rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        """Return the other paragraphs."""
        return "\n\n".join(self._paragraphs()[1:])

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the query string, the filter set's among them."""
        if self.method != "GET":
            return []
        parameters: list[Any] = []
        query_class = getattr(self.view, "query_class", StrictQuery)
        if query_class._declared_fields:
            parameters.append(query_class)
        filterset_class = getattr(self.view, "filterset_class", None)
        return [
            *parameters,
            *(_filter_parameters(filterset_class) if filterset_class else ()),
        ]

    def _resolve_path_parameters(self, variables: Any) -> list[dict[str, Any]]:
        """Return the ids in the address, each as it must be in a body."""
        found: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for each in found:
            if each["schema"]["type"] == "string" and "format" not in each["schema"]:
                each["schema"] = ClientId().schema()
        return found

    def get_operation(self, *args: Any, **more: Any) -> Any:
        """Return the operation, with a refusal where a read may be refused by a rule."""
        operation = super().get_operation(*args, **more)
        if operation and self.method in getattr(self.view, "refused_reads", ()):
            operation["responses"]["422"] = {"$ref": "#/components/responses/Refused"}
        return operation

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Pages say themselves that they are lists, in their serializer."""
        return False

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(  # type: ignore[no-untyped-call]
            serializer, direction
        )
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _paragraphs(self) -> list[str]:
        """Return the paragraphs of the docstring that readers of the API should see."""
        doc = inspect.getdoc(getattr(self.view, self.method.lower())) or ""
        paragraphs: list[str] = []
        for paragraph in doc.split("\n\n"):
            if paragraph.startswith(_DOCSTRING_SECTIONS):
                break
            paragraphs.append(" ".join(paragraph.split()) if not paragraphs else paragraph)
        return [paragraph for paragraph in paragraphs if paragraph]


def _filter_parameters(filterset_class: type[FilterSet]) -> Iterator[OpenApiParameter]:
    for name, field in filter_fields(filterset_class).items():
        yield OpenApiParameter(name, field.schema(), description=_help(filterset_class, name))


def _help(filterset_class: type[FilterSet], name: str) -> str:
    return str(filterset_class.base_filters[name].extra.get("help_text", ""))


def page_of(item: type[Serializer[Any]], following: Field[Any, Any, Any, Any]) -> Any:
    """Return how the documentation shows a page of items.

    Args:
        item: one of them.
        following: the type of `next`.
    """
    name = item.__name__.removesuffix("Out") + "Page"
    return inline_serializer(name, {"data": item(many=True), "next": following})


def doc_excludes() -> list[type]:
    """Return the classes whose docstrings are for their subclassers and not for API readers."""
    excludes: list[type] = get_lib_doc_excludes()  # type: ignore[no-untyped-call]
    return [*excludes, StrictSerializer, StrictQuery]


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; a refusal adds facts of its own.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "examples": [
        {
            "type": "/problems/invalid",
            "title": "The request has faults, named in `errors`.",
            "status": 400,
            "code": "invalid",
            "errors": [
                {
                    "pointer": "/amount",
                    "code": "too_many_decimals",
                    "detail": "At most two decimals.",
                }
            ],
        }
    ],
}

_PROBLEM_RESPONSES = {
    "400": ("Invalid", "The request is malformed or has faults, named in `errors`."),
    "401": ("Unauthenticated", "No access token, or one that isn't valid."),
    "403": ("Forbidden", "The token lacks the scope."),
    "404": ("NotFound", "What the address names doesn't exist."),
    "406": ("NotAcceptable", "`Accept` asks for another form than answers have."),
    "408": ("BodyLate", "The body came too slowly, or not at all."),
    "409": (
        "Conflict",
        "`in_flight`: the same id or wallet is being written by another request; repeat. Or the"
        " request is older than what is known (`stale_report`); don't.",
    ),
    "411": ("LengthRequired", "The body's length must be announced; chunks are not read."),
    "412": (
        "PreconditionFailed",
        "A precondition (`If-Match` …) doesn't hold, or can't be evaluated here; nothing was"
        " written.",
    ),
    "413": ("TooLarge", "The body is too large."),
    "415": ("UnsupportedMediaType", "The content type isn't read here."),
    "422": (
        "Refused",
        "Understood, and refused by a rule of the program; nothing was written.",
    ),
    "429": ("RateLimited", "Too many requests; repeat after `Retry-After`."),
    "503": ("Unavailable", "Not available for the moment; repeat after `Retry-After`."),
}


def add_problems(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add to every operation the problems that it may answer with (a postprocessing hook)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    components["responses"] = {
        name: {
            "description": description,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for name, description in _PROBLEM_RESPONSES.values()
    }
    for path, operations in result.get("paths", {}).items():
        for method, operation in operations.items():
            for status in _problem_statuses(path, method, operation):
                name = _PROBLEM_RESPONSES[status][0]
                operation["responses"].setdefault(
                    status, {"$ref": f"#/components/responses/{name}"}
                )
    return result


def _problem_statuses(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield from ("400", "406")
    if operation.get("security"):
        yield from ("401", "403", "429")
    if "{" in path:
        yield "404"
    if method in _WRITES:
        yield from ("409", "412", "422")
    if "requestBody" in operation:
        yield from ("408", "411", "413", "415")
    yield "503"
