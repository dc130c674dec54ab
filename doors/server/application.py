"""The ASGI application: receives bodies without a thread, and has Django answer in one.

How a body is received:

- **None is announced**: the request is answered at once.
- **A small one for machines** (at most `BODY_OF_STRANGERS_BYTES`) is received first.
- **Any other**: the request is answered without it. That is the end of it for strangers, and for
  whatever is refused by the headers. If something reads the body, the sender is known: then it is
  received, a multipart form by a thread of those for uploads, which are few.
"""

import io
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from doors.bodies_wanted import RefusedBody, UnreceivedBody, refused
from doors.request_lines import ASKED_AT, is_path_for_machines
from doors.server.answers import Answer, Send, Sender, Wsgi, answer_of, start_of
from doors.server.bodies import BodyCut, BodyLate, Incoming, Pace, Receive, StreamedBody
from doors.server.places import Place, Threads, place_for
from doors.server.requests import environ_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process of the web server has room for.

    Attributes:
        threads: how many requests are answered at once.
        uploads: how many files are received at once, by threads of their own.
        large_bodies: how many bodies larger than those of strangers wait in memory at once.
        strangers_bytes: the largest body that is received before it is known who sends it.
        pace: how slow a sender may be.
        sending_seconds: how long a receiver may take for a piece of a streamed answer.
    """

    threads: int
    uploads: int
    large_bodies: int
    strangers_bytes: int
    pace: Pace
    sending_seconds: float


@dataclass(slots=True)
class _Request:
    """A request while it is being answered."""

    environ: dict[str, Any]
    incoming: Incoming
    sender: Sender
    place: Place
    loop: AbstractEventLoop


class WebServer:
    """One process of the web server."""

    def __init__(self, application: Wsgi, limits: Limits) -> None:
        self._application = application
        self._limits = limits
        self._large_bodies = 0
        self._threads = {
            Place.LIVE: Threads(Place.LIVE, 1),
            Place.WATCHED: Threads(Place.WATCHED, 1),
            Place.UPLOADS: Threads(Place.UPLOADS, limits.uploads),
            Place.EVERYONE: Threads(Place.EVERYONE, limits.threads),
        }

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http", "granian is started without the other kinds"
        loop = get_running_loop()
        request = _Request(
            environ=environ_of(scope),
            incoming=Incoming(receive, self._limits.pace),
            sender=Sender(send, loop, seconds=self._limits.sending_seconds),
            place=place_for(scope["path"]),
            loop=loop,
        )
        answer = await self._answer(request)
        if answer.was_streamed:
            return
        await send(start_of(answer.head))
        if answer.path:
            await send({"type": "http.response.pathsend", "path": answer.path})
        else:
            await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, request: _Request) -> Answer:
        environ = request.environ
        length, is_chunked = _framing(environ)
        if not length and not is_chunked:
            return await self._run(request, environ)
        if is_chunked or length > self._limits.strangers_bytes or not _is_for_machines(environ):
            return await self._answer_without_body(request, length)
        return await self._answer_with_body(request, environ, length)

    async def _answer_without_body(self, request: _Request, length: int) -> Answer:
        body = UnreceivedBody()
        answer = await self._run(request, {**request.environ, "wsgi.input": body})
        if not body.was_wanted:
            return answer
        environ = request.environ
        if length <= self._limits.strangers_bytes:
            return await self._answer_with_body(request, environ, length)
        if environ.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
            return await self._answer_upload(request, environ)
        if self._large_bodies >= self._limits.large_bodies:
            return await self._run(request, refused(environ, RefusedBody.NO_PLACE))
        self._large_bodies += 1
        try:
            return await self._answer_with_body(request, environ, length)
        finally:
            self._large_bodies -= 1

    async def _answer_with_body(
        self, request: _Request, environ: dict[str, Any], length: int
    ) -> Answer:
        try:
            body = await request.incoming.whole(length)
        except BodyLate:
            return await self._run(request, refused(environ, RefusedBody.LATE))
        except BodyCut:
            return await self._run(request, refused(environ, RefusedBody.BROKEN))
        return await self._run(request, {**environ, "wsgi.input": io.BytesIO(body)})

    async def _answer_upload(self, request: _Request, environ: dict[str, Any]) -> Answer:
        if self._threads[Place.UPLOADS].is_full:
            return await self._run(request, refused(environ, RefusedBody.NO_PLACE))
        body = StreamedBody(request.incoming, request.loop)
        request.place = Place.UPLOADS
        environ = {**environ, "wsgi.input": body}
        answer = await self._run(request, environ)
        if body.is_late and not answer.was_streamed:
            # Django tells of a body that broke off; this one was too slow.
            request.place = Place.EVERYONE
            return await self._run(request, refused(environ, RefusedBody.LATE))
        return answer

    async def _run(self, request: _Request, environ: dict[str, Any]) -> Answer:
        asked = {**environ, ASKED_AT: monotonic()}
        act = partial(answer_of, self._application, asked, request.sender)
        answer: Answer = await self._threads[request.place].run(act, request.loop)
        return answer


def _framing(environ: Mapping[str, Any]) -> tuple[int, bool]:
    """Return how long the body is announced to be, and whether it comes in chunks instead."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() else 0, "HTTP_TRANSFER_ENCODING" in environ


def _is_for_machines(environ: Mapping[str, Any]) -> bool:
    return is_path_for_machines(environ["PATH_INFO"])
