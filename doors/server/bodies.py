"""Bodies as they arrive: how long they may take, and how much of them is kept.

A body may take so many seconds, and one more for so many bytes that have come: whoever sends
nothing is cut off soon, and a large file on a slow line is not. Only the time counts in which we
wait for the sender.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import CancelledError
from io import UnsupportedOperation
from time import monotonic
from typing import Any, NamedTuple

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Pace(NamedTuple):
    """How slow a sender may be."""

    seconds: float
    bytes_per_second: int

    def seconds_for(self, received: int) -> float:
        """Return how long a body may have taken once so much of it is there."""
        return self.seconds + received / self.bytes_per_second


class BodyLate(OSError):
    """The body comes too slowly, or not at all."""


class BodyCut(OSError):
    """The connection ended before the body did."""


class Incoming:
    """The pieces of one body, waited for by the event loop."""

    def __init__(self, receive: Receive, pace: Pace) -> None:
        self._receive = receive
        self._pace = pace
        self._waited = 0.0
        self._has_more = True
        self.received = 0

    async def piece(self) -> bytes:
        """Return the next piece, empty at the end.

        Raises:
            BodyLate: it takes too long.
            BodyCut: the sender has gone.
        """
        while self._has_more:
            asked_at = monotonic()
            left = self._pace.seconds_for(self.received) - self._waited
            try:
                message = await asyncio.wait_for(self._receive(), max(left, 0))
            except TimeoutError:
                raise BodyLate from None
            self._waited += monotonic() - asked_at
            if message["type"] != "http.request":
                raise BodyCut
            self._has_more = message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            self.received += len(piece)
            if piece:
                return piece
        return b""

    async def whole(self, length: int) -> bytes:
        """Return the body of so many bytes.

        Raises:
            BodyLate: it takes too long.
            BodyCut: it ends before.
        """
        pieces = []
        while self.received < length and (piece := await self.piece()):
            pieces.append(piece)
        body = b"".join(pieces)
        if len(body) != length:
            raise BodyCut
        return body


class StreamedBody:
    """A body that a thread reads while it arrives; it is waited for by the event loop."""

    def __init__(self, incoming: Incoming, loop: AbstractEventLoop) -> None:
        self._incoming = incoming
        self._loop = loop
        self._rest = b""
        self.is_late = False

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, at most `size`; none at the end.

        Raises:
            OSError: it takes too long, or the sender has gone.
        """
        if not self._rest:
            self._rest = self._next()
        if size < 0:
            whole = [self._rest]
            while piece := self._next():
                whole.append(piece)
            self._rest = b""
            return b"".join(whole)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def readline(self, size: int = -1) -> bytes:
        """Refuse: forms are read in pieces.

        Raises:
            UnsupportedOperation: always.
        """
        raise UnsupportedOperation("readline")

    def _next(self) -> bytes:
        waiting = asyncio.run_coroutine_threadsafe(self._incoming.piece(), self._loop)
        try:
            return waiting.result()
        except BodyLate:
            self.is_late = True
            raise
        except CancelledError as error:
            raise BodyCut from error
