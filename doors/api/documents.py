"""What the API says about itself: its OpenAPI document, its problems, and nothing elsewhere."""

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema

from doors.api.bodies import StrictQuery
from doors.api.fields import StrictChoice
from doors.api.problems import catalogue, problem
from doors.api.views import ApiRequest, ApiView, found

_YAML = frozenset({"application/yaml", "application/x-yaml", "application/vnd.oai.openapi"})
_JSON = frozenset({"application/vnd.oai.openapi+json"})


class FormatQuery(StrictQuery):
    """Which form the document has; by default what Accept asks for, or else JSON."""

    format = StrictChoice(["json", "yaml"], required=False)


@extend_schema(exclude=True)
class SchemaView(ApiView):
    """The OpenAPI document."""

    required_scopes = None
    query_class = FormatQuery
    accepted = ApiView.accepted | _YAML | _JSON

    def get(self, request: ApiRequest) -> HttpResponse:
        """Return the document as JSON or YAML."""
        accepted = request.META.get("HTTP_ACCEPT", "").partition(",")[0].partition(";")[0].strip()
        form = request.query.get("format") or ("yaml" if accepted in _YAML else "json")
        return HttpResponse(_document(form), content_type=f"application/{form}")


@cache
def _document(form: str) -> bytes:
    """Return the document; it takes a second to make and changes with the code only."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    renderer = OpenApiYamlRenderer() if form == "yaml" else OpenApiJsonRenderer()
    rendered: bytes = renderer.render(document, renderer_context={})
    return rendered


@extend_schema(exclude=True)
class ProblemsView(ApiView):
    """The codes of problems, which their `type` leads to."""

    required_scopes = None

    def get(self, request: ApiRequest, code: str | None = None) -> HttpResponse:
        """Return every code, or one."""
        known = catalogue()
        if code is None:
            return found({"data": known})
        for entry in known:
            if entry["code"] == code:
                return found(entry)
        raise Http404


@extend_schema(exclude=True)
class NothingHere(ApiView):
    """Every address that nobody else knows: 404 whatever the method, without a redirect."""

    required_scopes = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 404."""
        return problem(code="not_found", detail="There is nothing at this address.")
