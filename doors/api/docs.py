"""The readable documentation of the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from doors.headers import DOCS_POLICY, POLICY


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI, with its script apart from its page: none stands in a page of ours."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the page, or its script."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response[POLICY] = DOCS_POLICY
        return response
