"""JSON answers, written by orjson."""

from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


def json_bytes(body: Any) -> bytes:
    """Return an answer as JSON; aware times come out as RFC 3339, UTC as Z."""
    return orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)


class JsonRenderer(BaseRenderer):
    """The same for DRF's machinery."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        """Return the bytes of the answer."""
        return json_bytes(data)
