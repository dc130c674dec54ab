"""A stubborn HTTP client: it sends the same request until somebody answers it."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from tests.drills.instance import Instance

TRANSIENT = (409, 503)
SECONDS_MAX = 30.0


class Answer(NamedTuple):
    """What came back. Status 0 means that nothing did."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    seconds: float

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """The problem's code, or nothing."""
        try:
            body = self.body
        except ValueError:
            return ""
        return str(body.get("code", "")) if isinstance(body, dict) else ""

    @property
    def is_acknowledged(self) -> bool:
        return self.status in (200, 201, 202)

    @property
    def was_replayed(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"


class Client:
    """A machine with every scope; any number of threads may use it at once."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._local = threading.local()
        self._token = ""
        self._token_until = 0.0
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        prefix: str = "/api/v1",
    ) -> Answer:
        """Send one request as it is, without a token of ours, and never raise for the network."""
        started = time.monotonic()
        connection = self._connection()
        try:
            connection.putrequest(method, prefix + path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None and not _announces(headers or {}):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            return Answer(0, {}, b"", time.monotonic() - started)
        found = {name.lower(): value for name, value in response.getheaders()}
        if response.will_close:
            connection.close()
            self._local.connection = None
        return Answer(response.status, found, raw, time.monotonic() - started)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Send JSON under a token, once."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token()}"}
        if sent is not None:
            headers["Content-Type"] = "application/json"
        return self.send(method, path, sent, headers)

    def insist(
        self, method: str, path: str, body: Any = None, *, seconds: float = 90
    ) -> list[Answer]:
        """Send the same request until it is answered for good; every answer on the way."""
        answers = []
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self.call(method, path, body)
            except TokenRefused as refused:
                answer = refused.answer
            answers.append(answer)
            if answer.status not in (0, *TRANSIENT) or time.monotonic() > deadline:
                return answers
            time.sleep(0.1 if answer.status == 409 else 0.25)

    def get(self, path: str) -> Any:
        """The body of a read that must succeed."""
        answer = self.insist("GET", path)[-1]
        assert answer.status == 200, f"GET {path}: {answer.status} {answer.raw[:300]!r}"
        return answer.body

    def token(self) -> str:
        """An access token, renewed in time."""
        with self._lock:
            if time.monotonic() > self._token_until:
                answer = self.ask_for_token()
                if answer.status != 200:
                    raise TokenRefused(answer)
                self._token = answer.body["access_token"]
                self._token_until = time.monotonic() + answer.body["expires_in"] / 2
            return self._token

    def ask_for_token(self) -> Answer:
        """Ask for an access token."""
        pair = f"{self.instance.client_id}:{self.instance.client_secret}"
        return self.send(
            "POST",
            "/oauth/token",
            b"grant_type=client_credentials",
            {
                "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            prefix="",
        )

    def forget_connection(self) -> None:
        """Let this thread's next request come over a new connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.connection = None

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(
                self.instance.host, self.instance.port, timeout=SECONDS_MAX
            )
            self._local.connection = connection
        return connection


class TokenRefused(Exception):
    """No token was given."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.raw[:200]!r}")
        self.answer = answer


def _announces(headers: Mapping[str, str]) -> bool:
    return any(name.lower() in ("content-length", "transfer-encoding") for name in headers)


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment, each in a thread of its own; their results in order."""
    gate = threading.Barrier(len(calls))

    def behind_the_gate(call: Callable[[], Any]) -> Any:
        gate.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(behind_the_gate, calls))
