"""Bodies: JSON and NDJSON, read by orjson within limits of size and depth.

orjson refuses what RFC 8259 refuses: NaN, bad UTF-8, lone surrogates, trailing commas. It accepts
depth between its own limit (1024) and ours, and objects that name a member twice; we don't.
"""

from typing import IO, Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from kernel.json_text import has_repeated_member, repeated_member

DEPTH_MAX = 20
_OPENING = (b"[", b"{")


class MalformedJson(APIException):
    """The body can't be read at all, so that nothing in it can be pointed at."""

    status_code = 400
    default_code = "malformed_json"
    default_detail = "The body is not JSON."


class MemberRepeated(APIException):
    """An object names a member twice: one system would read the first, another the last."""

    status_code = 400
    default_code = "repeated_member"
    default_detail = "An object names a member twice."


class BodyMissing(APIException):
    """A body is needed and none came."""

    status_code = 400
    default_code = "body_missing"
    default_detail = "This call needs a body."


class BodyBroken(APIException):
    """The connection ended before the body did."""

    status_code = 400
    default_code = "body_broken"
    default_detail = "The body ended before its announced length."


class BodyTooLarge(APIException):
    """More bytes than a body may have."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is too large."


class LengthRequired(APIException):
    """A chunked body: the gateway interface hands over bodies of a known length only."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send Content-Length; chunked bodies are not read."


class JsonParser(BaseParser):
    """One JSON document."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Return what DRF's own machinery asks for; `ApiView` calls `parse_bytes` directly."""
        return self.parse_bytes(stream.read())

    def parse_bytes(self, body: bytes) -> Any:
        """Return the document.

        Raises:
            MalformedJson: it isn't one, or is nested too deep.
            MemberRepeated: one of its objects names a member twice.
        """
        return document_in(body)


class NdjsonParser(JsonParser):
    """One JSON document a line, returned as a list; empty lines are passed over."""

    media_type = "application/x-ndjson"

    def parse_bytes(self, body: bytes) -> Any:
        documents = []
        for number, line in enumerate(body.split(b"\n"), start=1):
            if line.strip():
                try:
                    documents.append(document_in(line))
                except (MalformedJson, MemberRepeated) as error:
                    raise type(error)(f"Line {number}: {error.detail}") from None
        return documents


def document_in(body: bytes) -> Any:
    """Return the JSON document that these bytes are.

    Raises:
        MalformedJson: they aren't one, or it is nested too deep.
        MemberRepeated: one of its objects names a member twice.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedJson(f"The body is not JSON: {error}.") from None
    # Counting brackets is a hundred times cheaper than a walk, and settles nearly every body:
    # what opens few of them can't be deep.
    if sum(map(body.count, _OPENING)) > DEPTH_MAX and _is_deeper_than(document, DEPTH_MAX):
        raise MalformedJson(f"Nested deeper than {DEPTH_MAX} levels.")
    if has_repeated_member(body, document):
        name = repeated_member(body)
        raise MemberRepeated(f'An object names the member "{name}" twice.' if name else None)
    return document


def _is_deeper_than(document: Any, depth: int) -> bool:
    """Walk level by level: recursion is what a deep document would break."""
    level = [document] if isinstance(document, (dict, list)) else []
    for _ in range(depth):
        level = [
            part
            for container in level
            for part in (container.values() if type(container) is dict else container)
            if type(part) is dict or type(part) is list
        ]
        if not level:
            return False
    return True


def check_charset(request: HttpRequest) -> None:
    """Refuse a body that says that it isn't UTF-8.

    Raises:
        UnsupportedMediaType: another charset, or one that nobody knows.
    """
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(charset[:40], "Send UTF-8.")


def body_of(request: HttpRequest) -> bytes:
    """Return the whole body, within `DATA_UPLOAD_MAX_MEMORY_SIZE`.

    Raises:
        BodyTooLarge: it is larger.
        BodyBroken: the client went away in between.
        LengthRequired: it comes in chunks of no announced total.
    """
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired
    try:
        body = request.body
    except RequestDataTooBig:
        raise BodyTooLarge from None
    except UnreadablePostError:
        raise BodyBroken from None
    # A server may hand over what came before a connection broke, and half a batch of lines
    # would read as a smaller batch.
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and len(body) < int(announced):
        raise BodyBroken
    return body
