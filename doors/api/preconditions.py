"""Conditional requests: If-Match and its siblings are honoured or refused, and never ignored.

A view says in `conditions` which ones it evaluates for a method. On a write, any other one is
refused. On a read, If-None-Match, If-Modified-Since and If-Range only allow a shorter answer, so
that the whole answer is always right; If-Match and If-Unmodified-Since are refused there too.
"""

import re
from collections.abc import Collection, Mapping
from enum import StrEnum

from django.http import HttpResponse
from rest_framework.exceptions import APIException

from kernel.preconditions import Condition, Tags

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_COMMA = re.compile(r"[ \t]*(?:,[ \t]*)+")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Header(StrEnum):
    """The headers of RFC 9110, section 13.1."""

    IF_MATCH = "If-Match"
    IF_NONE_MATCH = "If-None-Match"
    IF_MODIFIED_SINCE = "If-Modified-Since"
    IF_UNMODIFIED_SINCE = "If-Unmodified-Since"
    IF_RANGE = "If-Range"


BY_TAG = frozenset({Header.IF_MATCH, Header.IF_NONE_MATCH})
_VARIABLES = {header: f"HTTP_{header.upper().replace('-', '_')}" for header in Header}
_SHORTEN = frozenset({Header.IF_NONE_MATCH, Header.IF_MODIFIED_SINCE, Header.IF_RANGE})


class PreconditionUnsupported(APIException):
    """A precondition that this address can't evaluate: the request is not carried out."""

    status_code = 412
    default_code = "precondition_unsupported"

    def __init__(self, header: Header) -> None:
        super().__init__(f"This address doesn't evaluate {header}; nothing was done.")


class PreconditionMalformed(APIException):
    """A precondition that isn't written as RFC 9110 wants it."""

    status_code = 400
    default_code = "malformed_request"

    def __init__(self, header: Header) -> None:
        super().__init__(f'{header} is * or a list of entity tags in quotation marks, as "a1b2".')


def condition_of(method: str, meta: Mapping[str, str], supported: Collection[Header]) -> Condition:
    """Return the condition of a request.

    Raises:
        PreconditionUnsupported: it has another one than the address evaluates.
        PreconditionMalformed: it can't be read.
    """
    said = {header: meta[name] for header, name in _VARIABLES.items() if name in meta}
    for header in said:
        if header not in supported and not (method in _READS and header in _SHORTEN):
            raise PreconditionUnsupported(header)
    return Condition(
        match=_tags(said, Header.IF_MATCH, supported),
        none_match=_tags(said, Header.IF_NONE_MATCH, supported),
    )


def _tags(said: Mapping[Header, str], header: Header, supported: Collection[Header]) -> Tags | None:
    if header not in said or header not in supported:
        return None
    text = said[header].strip()
    if text == "*":
        return Tags(is_any=True)
    strong: set[str] = set()
    weak: set[str] = set()
    place = 0
    while match := _TAG.match(text, place):
        (weak if match[1] else strong).add(match[2])
        place = match.end()
        if place == len(text):
            return Tags(frozenset(strong), frozenset(weak))
        if not (comma := _COMMA.match(text, place)):
            break
        place = comma.end()
    raise PreconditionMalformed(header)


def not_modified(tag: str) -> HttpResponse:
    """Return the answer that the caller has the current state already."""
    return tagged(HttpResponse(status=304), tag)


def tagged(response: HttpResponse, tag: str) -> HttpResponse:
    """Return an answer with its strong entity tag."""
    response.headers["ETag"] = f'"{tag}"'
    # The scopes decide what is shown.
    response.headers["Vary"] = "Authorization"
    return response
