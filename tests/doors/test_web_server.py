"""The front of the web server: what it receives when, at what pace, and how answers go out."""

import asyncio
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest

from doors.bodies_wanted import BodyWanted
from doors.server.answers import PIECE_BYTES
from doors.server.application import Limits, WebServer
from doors.server.bodies import Pace
from doors.server.requests import environ_of

LIMITS = Limits(
    threads=2,
    uploads=1,
    large_bodies=1,
    strangers_bytes=10,
    pace=Pace(0.3, 1000),
    sending_seconds=0.5,
)
HEADERS = [(b"content-type", b"application/json")]
UPLOAD = [(b"content-type", b"multipart/form-data; boundary=x")]


class Streamed:
    """An answer that is made while it is sent."""

    streaming = True

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        self.is_closed = True


class Whole(Streamed):
    streaming = False


class Django:
    """Stands for Django: notes what it was asked, and reads the body if it is told to."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads = reads
        self.bodies: list[bytes] = []
        self.threads: list[str] = []
        self.refusals: list[Any] = []
        self.answer: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.threads.append(current_thread().name)
        refusal = environ.get("tenure.refused")
        status = "200 OK"
        if refusal is not None:
            self.refusals.append(refusal)
            status = "408 Late"
        elif self.reads:
            try:
                body = b""
                while piece := environ["wsgi.input"].read(4):
                    body += piece
                self.bodies.append(body)
            except BodyWanted:
                status = "100 Continue"
            except OSError:
                status = "400 Broken"
        start_response(status, [("X-Path", environ["PATH_INFO"])])
        return self.answer or Whole([b"a", b"b"])


class Sent(list[dict[str, Any]]):
    """The messages of an answer."""

    @property
    def status(self) -> int:
        return int(self[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self[1:])


def scope(path: str = "/api/v1/charges", **said: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        **said,
    }


def ask(
    application: Any, said: dict[str, Any], *pieces: bytes | None, limits: Limits = LIMITS
) -> Sent:
    """Send a request whose body comes in these pieces; None ends the connection."""

    async def talk() -> Sent:
        waiting = list(pieces)
        sent = Sent()

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.sleep(3600)
            piece = waiting.pop(0)
            if piece is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": True}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await WebServer(application, limits)(said, receive, send)
        return sent

    return asyncio.run(talk())


def announced(length: int, path: str = "/api/v1/charges", *headers: Any) -> dict[str, Any]:
    length_said = (b"content-length", str(length).encode())
    return scope(path, headers=[*(headers or HEADERS), length_said])


def test_a_small_body_of_a_machine_is_there_when_it_is_asked_for() -> None:
    django = Django()
    sent = ask(django, announced(6), b"abc", b"def")
    assert (sent.status, sent.body, django.bodies) == (200, b"ab", [b"abcdef"])
    assert len(django.threads) == 1


def test_of_a_large_one_the_headers_come_first() -> None:
    django = Django()
    sent = ask(django, announced(20), b"a" * 15, b"b" * 5)
    assert (sent.status, django.bodies) == (200, [b"a" * 15 + b"b" * 5])
    assert len(django.threads) == 2


@pytest.mark.parametrize("said", [announced(20), announced(3, "/admin/login/")])
def test_what_nobody_reads_is_not_received(said: dict[str, Any]) -> None:
    django = Django(reads=False)
    # Nothing comes, and the answer is there all the same.
    assert ask(django, said).status == 200
    assert len(django.threads) == 1


@pytest.mark.parametrize("length", [6, 20])
@pytest.mark.parametrize(("pieces", "why"), [((b"a",), "body_late"), ((b"a", None), "body_broken")])
def test_a_body_that_does_not_come_is_refused(
    length: int, pieces: tuple[bytes | None, ...], why: str
) -> None:
    django = Django()
    assert ask(django, announced(length), *pieces).status == 408
    assert (django.refusals, django.bodies) == ([why], [])


def test_more_than_was_announced_is_refused() -> None:
    django = Django()
    ask(django, announced(3), b"abcdef")
    assert django.refusals == ["body_broken"]


def test_an_upload_is_read_as_it_arrives_by_a_thread_of_its_own() -> None:
    django = Django()
    sent = ask(django, announced(26, "/api/v1/imports", *UPLOAD), b"a" * 13, b"b" * 13, b"")
    assert django.threads == ["everyone-0", "uploads-0"] or django.threads[1] == "uploads-0"
    assert sent.status == 408
    assert django.refusals == ["body_late"]


def test_an_upload_whose_sender_goes_is_broken() -> None:
    django = Django()
    sent = ask(django, announced(26, "/api/v1/imports", *UPLOAD), b"a" * 13, None)
    assert (sent.status, django.refusals) == (400, [])


def test_large_bodies_have_so_many_places() -> None:
    django = Django()
    full = LIMITS.__class__(
        threads=1, uploads=0, large_bodies=0, strangers_bytes=10, pace=LIMITS.pace,
        sending_seconds=1.0,
    )  # fmt: skip
    ask(django, announced(20), limits=full)
    ask(django, announced(20, "/api/v1/imports", *UPLOAD), limits=full)
    assert django.refusals == ["uploads_busy", "uploads_busy"]


@pytest.mark.parametrize(
    ("path", "place"),
    [("/health/live", "live"), ("/health/ready", "watched"), ("/metrics", "watched"),
     ("/health/other", "everyone"), ("/admin/", "everyone")],
)  # fmt: skip
def test_probes_have_threads_of_their_own(path: str, place: str) -> None:
    django = Django()
    ask(django, scope(path, method="GET"))
    assert django.threads[0].startswith(place)


def test_a_pace_gives_a_second_for_so_many_bytes() -> None:
    pace = Pace(10.0, 1000)
    assert pace.seconds_for(0) == 10
    assert pace.seconds_for(5000) == 15


def test_a_streamed_answer_goes_out_in_larger_pieces_and_is_closed() -> None:
    django = Django()
    django.answer = Streamed(b"x" * 1000 for _ in range(200))
    sent = ask(django, scope(method="GET"))
    assert len(sent.body) == 200_000
    assert len(sent) < 10
    assert max(len(message.get("body", b"")) for message in sent[1:]) < PIECE_BYTES + 1000
    assert "more_body" not in sent[-1]
    assert django.answer.is_closed


def test_whoever_takes_nothing_of_a_streamed_answer_is_given_up() -> None:
    django = Django()
    made = []

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            made.append(1)
            yield b"x" * PIECE_BYTES

    django.answer = Streamed(pieces())

    async def talk() -> None:
        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                await asyncio.sleep(3600)

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        await WebServer(django, LIMITS)(scope(method="GET"), receive, send)

    with pytest.raises(TimeoutError):
        asyncio.run(talk())
    assert django.answer.is_closed
    assert len(made) == 1


def test_a_file_is_sent_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"abc")

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](path.open("rb"), 4096)

    sent = ask(application, scope(method="GET"))
    assert sent[1] == {"type": "http.response.pathsend", "path": str(path)}


def test_a_file_in_memory_is_streamed() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](io.BytesIO(b"abc"), 2)

    assert ask(application, scope(method="GET")).body == b"abc"


def test_a_mistake_rises_where_the_request_is_answered() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(application, scope())


def test_one_that_waits_does_not_keep_the_others() -> None:
    """As many as there are threads, and no more, work at once."""
    together = Event()
    working = []

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        working.append(1)
        if len(working) == 2:
            together.set()
        assert together.wait(10)
        start_response("200 OK", [])
        return Whole([b""])

    async def talk() -> None:
        server = WebServer(application, LIMITS)

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            pass

        await asyncio.gather(*(server(scope(), receive, send) for _ in range(4)))

    asyncio.run(talk())
    assert len(working) == 4


def test_a_request_becomes_an_environment() -> None:
    said = environ_of(
        scope(
            "/x",
            raw_path=b"/%D1%84/%00%ff",
            query_string=b"a=%00",
            headers=[
                (b"host", b"a"),
                (b"x-a", b"1"),
                (b"X-A", b"2"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"content-length", b"3"),
                (b"x_forwarded_for", b"6.6.6.6"),
                (b"x-b", b"\xe9"),
            ],
        )
    )
    assert said["PATH_INFO"].encode("latin-1") == "ф".encode().join([b"/", b"/\x00\xff"])
    assert said["QUERY_STRING"] == "a=%00"
    assert said["HTTP_X_A"] == "1,2"
    assert said["HTTP_COOKIE"] == "a=1; b=2"
    assert said["CONTENT_LENGTH"] == "3"
    assert said["HTTP_X_B"] == "é"
    assert "HTTP_X_FORWARDED_FOR" not in said
    assert said["REMOTE_ADDR"] == "127.0.0.1"
