"""Requests are counted per client, and every answer says what is left.

The fields are those of the IETF's draft-ietf-httpapi-ratelimit-headers (revision 10):
`RateLimit-Policy` says how many requests (`q`) a window of so many seconds (`w`) brings, and
`RateLimit` how many may follow at once (`r`) and in how many seconds all may again (`t`).
"""

from collections.abc import MutableMapping
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest
from rest_framework import exceptions

from doors.addresses import client_address
from doors.queries import Grant
from doors.rates import Rate, Standing, take_one

BURST_SECONDS = 10
_READS = frozenset({"GET", "HEAD"})


class RateLimited(exceptions.APIException):
    """More requests than this client may make."""

    status_code = 429
    default_code = "rate_limited"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"Wait for {wait_seconds} s.")
        self.headers = {"Retry-After": str(wait_seconds)}


def count_request(grant: Grant, method: str, headers: MutableMapping[str, str]) -> None:
    """Count a request of a client, and put what is left into `headers`.

    Reads and writes have an allowance each; a batch is one request.

    Raises:
        RateLimited: nothing is left.
    """
    if method in _READS:
        kind, own, default = "reads", grant.reads_per_second, settings.READS_PER_SECOND
    else:
        kind, own, default = "writes", grant.writes_per_second, settings.WRITES_PER_SECOND
    per_second = default if own is None else own
    if not per_second:
        return
    rate = Rate(per_second * BURST_SECONDS, BURST_SECONDS)
    standing = take_one(name=_name(kind, grant.client_id), rate=rate)
    _tell(headers, kind, rate, standing)
    if not standing.is_allowed:
        raise RateLimited(standing.wait_seconds)


def count_token_request(
    request: HttpRequest, client_id: str, headers: MutableMapping[str, str]
) -> None:
    """Count a request for a token, by what client it names and where it comes from.

    Raises:
        RateLimited: too many in a minute.
    """
    if not settings.TOKENS_PER_MINUTE:
        return
    rate = Rate(settings.TOKENS_PER_MINUTE, 60)
    name = _name("tokens", f"{client_address(request)} {client_id}")
    standing = take_one(name=name, rate=rate)
    _tell(headers, "tokens", rate, standing)
    if not standing.is_allowed:
        raise RateLimited(standing.wait_seconds)


def _tell(headers: MutableMapping[str, str], kind: str, rate: Rate, standing: Standing) -> None:
    headers["RateLimit-Policy"] = f'"{kind}";q={rate.requests};w={rate.seconds}'
    headers["RateLimit"] = f'"{kind}";r={standing.remaining};t={standing.whole_in_seconds}'


@lru_cache(maxsize=1_000)
def _name(kind: str, of: str) -> str:
    """A name of bounded length, whatever a client calls itself."""
    return f"{kind} {sha256(of.encode()).hexdigest()}"
