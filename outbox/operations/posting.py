"""Posting a message over HTTP to an address that was checked, within a deadline that holds.

No redirect is followed, no proxy is asked, and of the answer nothing is kept but its status.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import Any

import certifi
import httpcore

from outbox.policy.addresses import Network, Ports, is_allowed, is_open
from outbox.policy.retries import Reply

SECONDS_MAX = 15.0
ANSWER_BYTES_MAX = 1024


class AddressRefused(httpcore.ConnectError):
    """The name leads into a network that nothing is sent to."""


class DeadlinePassed(httpcore.ReadTimeout):
    """The receiver said something now and then, and never enough."""


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline of the attempt."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _Stream(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name, checks all that it resolved to, and connects to exactly that.

    A name that is resolved a second time may answer differently (DNS rebinding); TLS still
    verifies the name itself.
    """

    def __init__(self, allowed: Sequence[Network], ports: Ports) -> None:
        self._allowed = allowed
        self._ports = ports
        self._backend = httpcore.SyncBackend()
        self.deadline = 0.0

    def left(self) -> float:
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise DeadlinePassed(f"no answer within {SECONDS_MAX:g} seconds")
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if not is_open(port, self._ports):
            raise AddressRefused("the address names a port that webhooks may not go to")
        addresses = self._resolved(host, port)
        for place, address in enumerate(addresses, start=1):
            try:
                stream = self._backend.connect_tcp(
                    address, port, self.left() / (len(addresses) - place + 1)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses):
                    raise
            else:
                return _Stream(stream, self.left)
        raise AssertionError("a name that resolves to nothing is an error")

    def _resolved(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name doesn't resolve: {error}") from None
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        for address in addresses:
            if not is_allowed(ip_address(address.partition("%")[0]), self._allowed):
                raise AddressRefused("the name leads to an address that is not public")
        return addresses


class Poster:
    """A connection to one endpoint, for one message after another; used by one thread."""

    def __init__(self, url: str, *, allowed: Sequence[Network], ports: Ports) -> None:
        self._url = url
        self._network = _CheckedNetwork(allowed, ports)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(),
            max_connections=1,
            # A receiver that closes an idle connection should not find us writing to it.
            keepalive_expiry=2.0,
            network_backend=self._network,
        )

    def __enter__(self) -> "Poster":
        return self

    def __exit__(self, *ending: object) -> None:
        self._pool.close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Make one attempt, and say what came of it; never raises what the network did."""
        started = time.monotonic()
        self._network.deadline = started + SECONDS_MAX
        try:
            status, wait = self._answer(body, headers)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Reply(None, error=_words(error), milliseconds=_milliseconds(started))
        return Reply(status, retry_after=wait, milliseconds=_milliseconds(started))

    def _answer(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, timedelta | None]:
        with self._pool.stream(
            "POST", self._url, headers=list(headers.items()), content=body
        ) as answer:
            size = 0
            for piece in answer.iter_stream():
                size += len(piece)
                if size >= ANSWER_BYTES_MAX:
                    break
            said = {name.lower(): value for name, value in answer.headers}
            return answer.status, _wait_asked(said.get(b"retry-after", b"").decode("latin-1"))


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that receivers' certificates are verified by; reading them takes a while."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _wait_asked(said: str) -> timedelta | None:
    """What a Retry-After header means: seconds, or a date."""
    if said.isdecimal() and len(said) < 8:
        return timedelta(seconds=int(said))
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return max(timedelta(), until - datetime.now(UTC))


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    # PostgreSQL keeps no NUL, and the list of messages has no use for more than a line.
    return "".join(each for each in text if each.isprintable())[:255]


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
