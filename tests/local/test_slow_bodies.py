"""Fifty bodies that don't come keep nobody waiting, by a real server, with and without nginx."""

import secrets
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from django.db import connection
from oauth2_provider.models import AccessToken, set_token_value

from doors.models import Client
from doors.scopes import SCOPES
from tests.local.web_servers import HOST, NGINX, Server, nginx_before, web_server

pytestmark = [pytest.mark.enable_socket, pytest.mark.django_db]

SLOW = 50
PLACES = 2
# Longer than a test lasts: what is slow stays open.
PATIENT = {"BODY_SECONDS": "300", "WEB_UPLOADS": str(PLACES)}
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
UPLOAD = b"Content-Type: multipart/form-data; boundary=x\r\n"
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1'
CSRF = b"Cookie: csrftoken=%b\r\nOrigin: http://localhost\r\n" % (b"a" * 32)


class Kind(NamedTuple):
    """What slow connections send.

    Attributes:
        head: the request line and headers, without Host and credentials.
        has_token: whether a good token comes along.
        begun: what of the body is there at once.
        is_refused: whether they are answered at once, so that none stays open.
    """

    head: bytes
    has_token: bool = False
    begun: bytes = b""
    is_refused: bool = False


KINDS = {
    "an address below the imports": Kind(
        b"POST /admin/imports/x HTTP/1.1\r\nContent-Length: 1000000\r\n" + UPLOAD, is_refused=True
    ),
    "any form of the admin": Kind(
        b"POST /admin/auth/user/add/ HTTP/1.1\r\nContent-Length: 10\r\n" + FORM, is_refused=True
    ),
    "the login": Kind(b"POST /admin/login/ HTTP/1.1\r\nContent-Length: 100\r\n" + FORM + CSRF),
    "a token": Kind(b"POST /oauth/token HTTP/1.1\r\nContent-Length: 100\r\n" + FORM),
    "a small body": Kind(b"POST /api/v1/charges HTTP/1.1\r\nContent-Length: 100\r\n" + JSON),
    "a large body of a stranger": Kind(
        b"POST /api/v1/charges/batch HTTP/1.1\r\nContent-Length: 1000000\r\n" + JSON,
        is_refused=True,
    ),
    "a large body": Kind(
        b"POST /api/v1/charges/batch HTTP/1.1\r\nContent-Length: 1000000\r\n" + JSON,
        has_token=True,
        begun=b"{",
    ),
    "an upload": Kind(
        b"POST /api/v1/imports HTTP/1.1\r\nContent-Length: 1000000000\r\n" + UPLOAD,
        has_token=True,
        begun=FILE,
    ),
    "an upload of a stranger": Kind(
        b"POST /api/v1/imports HTTP/1.1\r\nContent-Length: 1000000000\r\n" + UPLOAD,
        is_refused=True,
    ),
    "chunks without an end": Kind(
        b"POST /api/v1/imports HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + UPLOAD,
        has_token=True,
        begun=b"1\r\nx\r\n",
        is_refused=True,
    ),
    "half a head": Kind(b"POST /api/v1/charges HTTP/1.1\r\nX-A: 1\r\n"),
}
DRIPPING = ("a small body", "a large body", "an upload", "a token")


@pytest.fixture(scope="module")
def token(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The header of a client that is really there, for a server with connections of its own."""
    with django_db_blocker.unblock():
        client = Client.objects.create(
            name="slow",
            client_id="slow-bodies",
            client_type=Client.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
            client_secret=secrets.token_hex(20),
            scopes=list(SCOPES),
        )
        expires = datetime.now(UTC) + timedelta(hours=1)
        granted = AccessToken(application=client, scope=" ".join(SCOPES), expires=expires)
        raw = secrets.token_hex(15)
        set_token_value(granted, raw)
        granted.save()
    yield f"Bearer {raw}"
    with django_db_blocker.unblock():
        granted.delete()
        client.delete()
        connection.close()


@pytest.fixture(scope="module")
def patient(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with web_server(tmp_path_factory.mktemp("patient"), **PATIENT) as server:
        yield server


@pytest.fixture(scope="module")
def strict(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("strict")
    with web_server(directory, BODY_SECONDS="2", BODY_BYTES_PER_SECOND="100000") as server:
        yield server


@pytest.fixture(scope="module")
def proxied(patient: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if NGINX is None:
        pytest.skip("nginx is not installed here")
    with nginx_before(patient, tmp_path_factory.mktemp("nginx")) as proxy:
        yield proxy


def opened(server: Server, kind: Kind, token: str, *, has_end: bool = True) -> socket.socket:
    line = socket.create_connection((HOST, server.port), timeout=30)
    credentials = f"Authorization: {token}\r\n".encode() if kind.has_token else b""
    end = b"" if kind == KINDS["half a head"] else b"\r\n"
    line.sendall(kind.head + b"Host: localhost\r\n" + credentials + end + kind.begun)
    return line


def is_open(line: socket.socket) -> bool:
    """Whether nothing has been answered yet."""
    line.setblocking(False)
    try:
        line.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def slow_ones(
    server: Server, kind: Kind, token: str, *, drips: bool = False
) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        lines = [stack.enter_context(opened(server, kind, token)) for _ in range(SLOW)]
        ended = Event()

        def drip() -> None:
            while not ended.wait(1):
                for line in lines:
                    try:
                        line.send(b" ")
                    except OSError:
                        continue

        dripping = Thread(target=drip, daemon=True)
        if drips:
            dripping.start()
        yield lines
        ended.set()


def check_everybody_else(server: Server, token: str) -> None:
    for _ in range(2):
        assert server.call("GET", "/health/live").status == 200
        assert server.call("GET", "/admin/login/").status == 200
        assert server.call("GET", "/api/v1/program", Authorization=token).status == 200
        said = {"Authorization": token, "Content_Type": "application/json"}
        assert server.call("POST", "/api/v1/charges", b"{}", **said).status == 400
        assert server.call("GET", "/health/ready?parts=database").status == 200


@pytest.mark.parametrize("name", KINDS)
def test_everybody_else_is_answered(patient: Server, token: str, name: str) -> None:
    kind = KINDS[name]
    with slow_ones(patient, kind, token) as lines:
        check_everybody_else(patient, token)
        assert any(map(is_open, lines)) != kind.is_refused


@pytest.mark.parametrize("name", DRIPPING)
def test_a_byte_a_second_keeps_nobody_waiting(patient: Server, token: str, name: str) -> None:
    with slow_ones(patient, KINDS[name], token, drips=True) as lines:
        check_everybody_else(patient, token)
        assert any(map(is_open, lines))


@pytest.mark.parametrize("name", KINDS)
def test_nor_behind_nginx(proxied: Server, token: str, name: str) -> None:
    with slow_ones(proxied, KINDS[name], token):
        check_everybody_else(proxied, token)


def answer_on(line: socket.socket) -> bytes:
    line.setblocking(True)
    line.settimeout(60)
    answer = b""
    while piece := line.recv(65536):
        answer += piece
    return answer


@pytest.mark.parametrize(
    ("name", "status"),
    [("the login", 403), ("a token", 408), ("a small body", 408), ("a large body", 408),
     ("an upload", 408)],
)  # fmt: skip
def test_what_comes_too_slowly_is_408(strict: Server, token: str, name: str, status: int) -> None:
    # A login without a page's token is refused by its headers.
    kind = KINDS[name]._replace(head=KINDS[name].head.replace(CSRF, b""))
    with opened(strict, kind, token) as line:
        assert answer_on(line).startswith(b"HTTP/1.1 %d " % status)


def test_uploads_have_so_many_places_and_the_next_is_told_to_come_later(
    patient: Server, token: str
) -> None:
    with slow_ones(patient, KINDS["an upload"], token) as lines:
        refused: list[socket.socket] = []
        waiting = lines
        while len(waiting) > PLACES:
            readable, _, _ = select.select(waiting, [], [], 30)
            assert readable, f"{len(waiting)} uploads are being received"
            refused += readable
            waiting = [line for line in waiting if line not in readable]
        answers = [answer_on(line) for line in refused]
        assert all(map(is_open, waiting))
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 30" in head.lower()
        assert b'"code":"uploads_busy"' in body


def test_a_stranger_is_not_asked_to_go_on(patient: Server) -> None:
    kind = KINDS["an upload of a stranger"]
    expecting = kind._replace(head=kind.head + b"Expect: 100-continue\r\n")
    with opened(patient, expecting, "") as line:
        assert answer_on(line).startswith(b"HTTP/1.1 401 ")


def test_a_line_that_is_slow_enough_uploads_all_the_same(strict: Server, token: str) -> None:
    # Read to its end, and refused for what it says.
    fields = {"import_id": "slowly", "kind": "nonsense"}
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    header = "charge_id,subscriber_id,amount,currency,kind,occurred_at\n"
    rows = "".join(f"c{n},s1,1.00,RUB,service,2026-03-01T12:00:00Z\n" for n in range(8_000))
    file = FILE.decode()[:-1] + header + rows
    body = (parts + file + "\r\n--x--\r\n").encode()
    head = b"POST /api/v1/imports HTTP/1.1\r\nConnection: close\r\n"
    head += b"Content-Length: %d\r\n" % len(body)
    kind = Kind(head + UPLOAD, has_token=True, begun=body[: len(body) // 2])
    ended = Event()
    with opened(strict, kind, token) as line:
        # Longer than the two seconds that a body without bytes has.
        ended.wait(3)
        line.sendall(body[len(body) // 2 :])
        assert answer_on(line).startswith(b"HTTP/1.1 400 ")


def test_a_server_that_stops_ends_what_it_has_begun(
    django_db_setup: Any, tmp_path: Path, token: str
) -> None:
    with web_server(tmp_path, **PATIENT) as server:
        kind = Kind(
            b"POST /api/v1/charges HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n" + JSON,
            has_token=True,
            begun=b"{",
        )
        with opened(server, kind, token) as line:
            assert is_open(line)
            server.process.terminate()
            Event().wait(1)
            line.setblocking(True)
            line.sendall(b"}")
            assert answer_on(line).startswith(b"HTTP/1.1 400 ")
        assert server.process.wait(40) == 0
