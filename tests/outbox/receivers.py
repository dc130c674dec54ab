"""A receiver of webhooks: a real server on this machine, which verifies what it is sent."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Answer = int | tuple[int, dict[str, str]]


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def message(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.said["data"]["items"]
        return found

    def is_signed_with(self, secret: str) -> bool:
        """Whether the specification's own library accepts it, as a receiver would."""
        try:
            Webhook(secret).verify(self.body, self.headers)
        except WebhookVerificationError:
            return False
        return True


@dataclass
class Receiver:
    """Keeps what it is sent, and answers as it is told to."""

    url: str
    answer: Callable[[Received], Answer] = lambda received: 204
    received: list[Received] = field(default_factory=list)
    delivered: list[Received] = field(default_factory=list)

    def items_of(self, subscriber_id: str) -> list[dict[str, Any]]:
        """What was delivered about a subscriber, in the order of arrival."""
        return [
            item
            for received in self.delivered
            for item in received.items
            if item.get("subscriber_id") == subscriber_id
        ]


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens until the end of the block."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                # Its sender was killed over it: nothing was received.
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.path, headers, body, time.monotonic())
            with lock:
                receiver.received.append(received)
            said = receiver.answer(received)
            status, more = said if isinstance(said, tuple) else (said, {})
            if 200 <= status < 300:
                with lock:
                    receiver.delivered.append(received)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def foreign_secret() -> str:
    """A secret that no endpoint has."""
    return "whsec_" + base64.b64encode(bytes(32)).decode()
