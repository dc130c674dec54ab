"""A light client of the API, in a process of its own: keep-alive connections on the loopback.

It does as little as it can for each request, because it shares the machine with the server.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import NamedTuple

HOST = "127.0.0.1"
_PATIENCE_SECONDS = 120


class Answers(NamedTuple):
    """How long a list of requests took in all, and each of them."""

    seconds: float
    latencies: list[float]


def load_process() -> ProcessPoolExecutor:
    """A process to run `send_all` in; made before this one has connections of its own."""
    pool = ProcessPoolExecutor(1, mp_context=get_context("fork"))
    # It is forked at its first task.
    pool.submit(int).result()
    return pool


def request_of(path: str, body: bytes, headers: str = "") -> bytes:
    """A POST request as it is sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


def send_all(
    requests: Sequence[bytes], *, port: int, connections: int, per_second: float | None = None
) -> Answers:
    """Send every request once and wait for its answer, which must be a 2xx.

    Args:
        per_second: how many are due each second, whether earlier ones are answered or not; a
            latency counts from when its request was due, so that a stall is not overlooked.
            Without it every connection sends its next one as soon as it can.
    """
    return asyncio.run(_send_all(requests, port, connections, per_second))


async def _send_all(
    requests: Sequence[bytes], port: int, connections: int, per_second: float | None
) -> Answers:
    loop = asyncio.get_running_loop()
    queue = enumerate(requests)
    latencies: list[float] = []
    gap = 1 / per_second if per_second else None
    clients = [_Client(queue, latencies, loop.create_future(), gap) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, port)  # type: ignore[misc]
    start = perf_counter()
    for client in clients:
        client.begin(start)
    done = asyncio.gather(*(client.done for client in clients))
    await asyncio.wait_for(done, _PATIENCE_SECONDS)
    return Answers(perf_counter() - start, latencies)


class _Client(asyncio.Protocol):
    """One connection: the next request follows the answer to the last."""

    transport: asyncio.Transport

    def __init__(
        self,
        queue: Iterator[tuple[int, bytes]],
        latencies: list[float],
        done: "asyncio.Future[None]",
        gap: float | None,
    ) -> None:
        self.queue, self.latencies, self.done, self.gap = queue, latencies, done, gap
        self.start = self.since = 0.0
        self.answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def begin(self, start: float) -> None:
        self.start = start
        self._next()

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 2") and not self.done.done():
            self.done.set_exception(RuntimeError(self.answer.decode(errors="replace")))
            return
        self.latencies.append(perf_counter() - self.since)
        self.answer = b""
        self._next()

    def _next(self) -> None:
        place, request = next(self.queue, (0, b""))
        if not request:
            if not self.done.done():
                self.done.set_result(None)
            self.transport.close()
        elif self.gap is None:
            self._send(request, perf_counter())
        else:
            due = self.start + place * self.gap
            loop = asyncio.get_running_loop()
            loop.call_later(max(0.0, due - perf_counter()), self._send, request, due)

    def _send(self, request: bytes, since: float) -> None:
        self.since = since
        self.transport.write(request)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])
