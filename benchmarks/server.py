"""The web server as `make run` starts it, for as long as a benchmark needs it.

What it writes goes to var/bench-server.log, as that of `make run` goes to a file.
"""

import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from os import environ
from pathlib import Path

import orjson
from oauth2_provider.models import AccessToken, set_token_value

from benchmarks.load import HOST, request_of
from benchmarks.population import charge
from doors.models import Client
from kernel.money import MINOR_PER_MAJOR

_START_SECONDS = 60
_LOG = Path(__file__).resolve().parent.parent / "var" / "bench-server.log"


@contextmanager
def web_server() -> Iterator[int]:
    """Two workers of four threads, over the database of this process; their port."""
    port = _free_port()
    with _LOG.open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "asginl", "--http", "1"),
                *("--host", HOST, "--port", str(port), "--no-ws", "--log-level", "warning"),
                *("--workers", "2", "config.asgi:application"),
            ],
            env={**environ, "DJANGO_SETTINGS_MODULE": "benchmarks.server_settings"},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def bearer() -> str:
    """The header of a client that may post charges for the next hours."""
    client = Client.objects.create(
        name="bench",
        client_id="bench",
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        client_secret=secrets.token_hex(20),
        scopes=["charges:write"],
    )
    token = AccessToken(
        application=client,
        scope="charges:write",
        expires=datetime.now(UTC) + timedelta(hours=6),
    )
    raw = secrets.token_hex(15)
    set_token_value(token, raw)
    token.save()
    return f"Authorization: Bearer {raw}\r\n"


def charge_request(number: int, turn: int, header: str) -> bytes:
    """`POST /charges` with the bill of a subscriber in a turn."""
    return request_of("/api/v1/charges", _body(number, turn), header)


def bare_request(number: int, turn: int) -> bytes:
    """The same body for the bare view."""
    return request_of("/api/v1/bare", _body(number, turn))


def _body(number: int, turn: int) -> bytes:
    item = charge(number, turn)
    roubles, kopecks = divmod(item.amount_minor, MINOR_PER_MAJOR)
    return orjson.dumps(
        {
            "charge_id": item.charge_id,
            "subscriber_id": item.subscriber_id,
            "amount": f"{roubles}.{kopecks:02}",
            "currency": "RUB",
            "kind": item.kind,
            "occurred_at": item.occurred_at,
        }
    )


def _free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind((HOST, 0))
        port: int = asked.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return
