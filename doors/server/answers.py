"""Answers of Django's side, and how they are sent: whole, as a file, or piece by piece."""

import asyncio
import io
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import IO, Any, NamedTuple

Send = Callable[[dict[str, Any]], Awaitable[None]]
Head = tuple[int, list[tuple[bytes, bytes]]]
Wsgi = Callable[..., Iterable[bytes]]

# Rows of a table come one by one; each piece costs a turn of the event loop.
PIECE_BYTES = 64 * 1024


class Answer(NamedTuple):
    """A whole answer, or the path of the file that it is; neither once it was streamed."""

    head: Head
    body: bytes = b""
    path: str = ""
    was_streamed: bool = False


class FileAnswer:
    """WSGI's `file_wrapper`: an answer that is a file."""

    def __init__(self, file: IO[bytes], block_size: int = PIECE_BYTES) -> None:
        self.file = file
        self._block_size = block_size

    @property
    def path(self) -> str:
        """Where the whole file lies; empty for a part of one, or something in memory."""
        plain = isinstance(self.file, io.BufferedReader) and isinstance(self.file.name, str)
        return self.file.name if plain and self.file.tell() == 0 else ""

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(self._block_size):
            yield piece

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Sender:
    """Sends the pieces of a streamed answer from the thread that makes them.

    Args:
        seconds: how long the receiver may take for a piece; then the answer is given up.
    """

    def __init__(self, send: Send, loop: AbstractEventLoop, *, seconds: float) -> None:
        self._send = send
        self._loop = loop
        self._seconds = seconds

    def begin(self, head: Head) -> None:
        """Send status and headers."""
        self._wait_for(start_of(head))

    def piece(self, piece: bytes) -> None:
        """Send a piece, and wait until there is room for the next.

        Raises:
            TimeoutError: the receiver takes nothing.
        """
        self._wait_for({"type": "http.response.body", "body": piece, "more_body": True})

    def end(self) -> None:
        """Say that this was all."""
        self._wait_for({"type": "http.response.body", "body": b""})

    def _wait_for(self, message: dict[str, Any]) -> None:
        sending = asyncio.run_coroutine_threadsafe(_sent(self._send, message), self._loop)
        try:
            sending.result(self._seconds)
        except TimeoutError:
            sending.cancel()
            raise


async def _sent(send: Send, message: dict[str, Any]) -> None:
    await send(message)


def answer_of(application: Wsgi, environ: dict[str, Any], sender: Sender) -> Answer:
    """Return what the application answers; what it streams is sent while it is made."""
    heads: list[Head] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        said = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        heads.append((int(status[:3]), said))

    result = application(environ, start_response)
    try:
        (head,) = heads
        if isinstance(result, FileAnswer) and result.path:
            return Answer(head, path=result.path)
        if not getattr(result, "streaming", True):
            return Answer(head, b"".join(result))
        _stream(result, head, sender)
        return Answer(head, was_streamed=True)
    finally:
        if (close := getattr(result, "close", None)) is not None:
            close()


def _stream(result: Iterable[bytes], head: Head, sender: Sender) -> None:
    sender.begin(head)
    kept: list[bytes] = []
    size = 0
    for piece in result:
        kept.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            sender.piece(b"".join(kept))
            kept, size = [], 0
    if kept:
        sender.piece(b"".join(kept))
    sender.end()


def start_of(head: Head) -> dict[str, Any]:
    """Return the message that begins an answer."""
    status, headers = head
    return {"type": "http.response.start", "status": status, "headers": headers}
