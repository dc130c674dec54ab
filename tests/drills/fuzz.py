"""Noise: whatever comes, no answer is a server error, and every error is a problem."""

import json
import random
import socket
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests.drills.client import Answer, Client
from tests.drills.findings import Findings
from tests.drills.instance import Instance
from tests.drills.races import Races
from tests.drills.words import (
    charge_body,
    redemption_body,
    referral_body,
    refund_body,
    subscriber_body,
)

ROUNDS = 2000
SEED = 20261123
NASTY: list[Any] = [
    "", " ", "\u0000", "\ud800", "\U0001f600" * 20, "é", "e\u0301", "\u202e", "../..", "%00", "%2e",
    "'; --", "\\", "/", "ｆｕｌｌ", "İ", "٣", "x" * 64, "x" * 65, "x" * 5000, "\r\nX: y", "null",
    0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**64, 10**30, 0.1, 1e308, True, False, None,
    [], {}, [[]], {"": ""}, ["x"] * 50, "2026-11-01T10:00:00Z", "9999-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00Z", "2026-11-01T00:00:00-23:59", "1", "0.01", "99999999.99", "RUB",
]  # fmt: skip
METHODS = [
    "GET",
    "GET",
    "GET",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "BREW",
    "get",
]
PATHS = [
    "/charges", "/charges/batch", "/charges/{}/refunds", "/subscribers/{}", "/redemptions",
    "/subscribers/{}/wallet", "/subscribers/{}/entries", "/subscribers/{}/tier", "/redemptions/{}",
    "/redemptions/{}/settle", "/redemptions/{}/release", "/redemptions/{}/reverse", "/payouts",
    "/payouts/{}", "/subscribers/{}/referral-code", "/referrals", "/referrals/{}", "/program",
    "/program/preview", "/imports", "/imports/{}", "/imports/{}/errors",
    "/schema", "/docs", "/nowhere", "", "/", "/{}",
]  # fmt: skip
PARAMETERS = [
    "limit", "after", "as_of", "status", "kind", "subscriber_id", "inviter_id", "invitee_id",
    "format", "page", "x",
]  # fmt: skip
HEADERS: list[tuple[str, str]] = [
    ("Accept", "text/html"), ("Accept", "*/*;q=0"), ("Accept", "\x80"), ("Accept", ";;,"),
    ("Accept-Language", "xx-" + "y" * 300), ("Content-Type", "text/plain"), ("Content-Type", ";"),
    ("Content-Type", "application/json; charset=utf-16"), ("Content-Type", "multipart/form-data"),
    ("Content-Type", "multipart/form-data; boundary=x"), ("Content-Type", "application/x-ndjson"),
    ("Content-Type", "multipart/form-data; boundary=" + "x" * 300), ("Host", "evil.example"),
    ("Host", ""), ("Host", "[::1"), ("Authorization", "Bearer"), ("Authorization", "Bearer \xff"),
    ("Authorization", "Basic !!!"), ("Authorization", "x" * 5000), ("X-Request-Id", "\xff" * 9),
    ("Content-Encoding", "gzip"), ("Transfer-Encoding", "gzip"), ("Range", "bytes=0-1"),
    ("If-None-Match", "*"), ("Cookie", "sessionid=x; csrftoken=\xff"), ("Expect", "100-continue"),
    ("X-Forwarded-Proto", "https"), ("X-HTTP-Method-Override", "DELETE"), ("Content-Length", "0"),
    ("If-Modified-Since", "yesterday"), ("Origin", "null"), ("Forwarded", "for=\"_x"),
]  # fmt: skip
RAW = [
    b"GET /api/v1/program\r\n\r\n", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
    b"GET  HTTP/1.1\r\n\r\n",
    b"POST /api/v1/charges HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/charges HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
    b"Content-Length: 5\r\n\r\n{}",
    b"POST /api/v1/charges HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/v1/charges HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    b"GET /api/v1/%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://evil.example/api/v1/program HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/program HTTP/1.0\r\n\r\n",
    b"GET //api/v1/program HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/program?" + b"a=1&" * 3000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/program HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n",
    b"GET /api/v1/program HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    b"POST /api/v1/charges HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 99999999999999\r\n\r\n{}",
]  # fmt: skip


class Fuzz:
    """Random requests, the same ones each time."""

    def __init__(self, instance: Instance, client: Client, found: Findings) -> None:
        self.instance, self.client, self.found = instance, client, found
        self.races = Races(instance, client, found)
        self.random = random.Random(SEED)
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        """Make noise for a while; then the instance answers as before."""
        person = self.races.subscriber()
        code = self.client.get(f"/subscribers/{person}/referral-code")["referral_code"]
        lately = (datetime.now(UTC) - timedelta(days=9)).isoformat()
        invitee = self.races.subscriber(activated_at=lately)
        joined = referral_body(code, self.races.subscriber(activated_at=lately))
        answer = self.client.insist("POST", "/referrals", joined)[-1]
        self.found.expect(answer.status == 201, f"joining: {answer.status} {answer.raw!r}")
        known = [person, joined["referral_id"], str(UUID(int=1))]
        for _ in range(ROUNDS):
            self._changed_body(person, code, invitee)
            self._anything(known)
        for _ in range(300):
            self._token_request()
        for raw in RAW:
            self._raw(raw)
        self.found.measured(f"answers: {dict(sorted(self.statuses.items()))}")
        answer = self.races.charge(charge_body(person))
        self.found.expect(answer.status == 201, f"after the noise: {answer.status}")

    def _changed_body(self, person: str, code: str, invitee: str) -> None:
        """A good body with one or two members that aren't."""
        method, path, body = self.random.choice(
            [
                ("POST", "/charges", charge_body(person)),
                ("POST", "/charges/batch", {"charges": [charge_body(person)]}),
                ("POST", "/charges/none/refunds", refund_body(person)),
                ("POST", "/redemptions", redemption_body(person, 100)),
                ("PUT", f"/subscribers/{person}", subscriber_body()),
                ("POST", "/referrals", referral_body(code, invitee)),
                ("POST", "/program/preview", {"charge": _without_id(charge_body(person))}),
            ]
        )
        for _ in range(self.random.randint(1, 2)):
            self._spoil(body)
        raw = json.dumps(body).encode()
        if self.random.random() < 0.1:
            place = self.random.randrange(len(raw))
            raw = raw[:place] + self.random.randbytes(3) + raw[place + 1 :]
        headers = {"Content-Type": "application/json", **self._authorization()}
        self._judge(self._send(method, path, raw, headers), f"{method} {path} {raw[:300]!r}")

    def _spoil(self, body: Any) -> None:
        container = body
        while True:
            keys: list[Any] = list(container) if isinstance(container, dict) else [0]
            key = self.random.choice(keys)
            inner = container[key]
            if not inner or not isinstance(inner, (dict, list)) or self.random.random() < 0.3:
                break
            container = inner
        container[key] = deepcopy(self.random.choice(NASTY))

    def _anything(self, known: list[str]) -> None:
        """Any method on any path with any parameters and headers."""
        choice = self.random.choice
        filling = [str(each) for each in NASTY] + known * 5
        path = choice(PATHS).format(
            quote(choice(filling).encode("utf-8", "surrogatepass"), safe="")
        )
        pairs = [
            f"{choice(PARAMETERS)}={quote(str(choice(NASTY)).encode('utf-8', 'surrogatepass'))}"
            for _ in range(choice([0, 0, 1, 2]))
        ]
        if choice([True] + [False] * 20):
            pairs.append("%ff%00&&==;&a[]=%")
        method = choice(METHODS)
        headers = {"Content-Type": "application/json", **self._authorization()}
        for _ in range(choice([0, 0, 1, 2])):
            name, value = choice(HEADERS)
            headers[name] = value
        if "Host" in headers:
            # http.client sends one of its own.
            headers["X-Forwarded-Host"] = headers.pop("Host")
        raw: bytes | None = None
        if method in ("POST", "PUT", "PATCH"):
            nasty = json.dumps(choice(NASTY)).encode()
            raw = choice([b"", b"{}", b"[]", self.random.randbytes(40), nasty])
        query = f"?{'&'.join(pairs)}" if pairs else ""
        answer = self._send(method, path + query, raw, headers)
        if (raw and headers.get("Content-Length") == "0") or "Transfer-Encoding" in headers:
            self.client.forget_connection()
        self._judge(answer, f"{method} {path}{query} {headers} {raw!r}")

    def _authorization(self) -> dict[str, str]:
        if self.random.random() < 0.15:
            return {}
        return {"Authorization": f"Bearer {self.client.token()}"}

    def _token_request(self) -> None:
        choice = self.random.choice
        form = choice(
            [
                b"", b"grant_type=password", b"grant_type=client_credentials", b"%ff=%00",
                b"grant_type=client_credentials&scope=all", b"grant_type=client_credentials&x=%00",
                b"grant_type=client_credentials&grant_type=client_credentials",
                b"client_id=%00&client_secret=x&grant_type=client_credentials",
                b"client_id=demo&client_secret=%F0%9F%98%80&grant_type=client_credentials",
                self.random.randbytes(30), b"{}",
            ]
        )  # fmt: skip
        headers = {"Content-Type": choice(["application/x-www-form-urlencoded", "text/x", ""])}
        credentials = choice(
            ["", "Basic", "Basic Og==", "Basic AAAA", "Basic /////w==", "Bearer x"]
        )
        if credentials:
            headers["Authorization"] = credentials
        path = choice(["/oauth/token", "/oauth/token", "/oauth/revoke_token", "/oauth/token?x=1"])
        method = choice(["POST", "POST", "GET"])
        answer = self._send(method, path, form, headers, prefix="")
        self.statuses[answer.status] += 1
        what = f"{path} {headers} {form!r}: {answer.status} {answer.raw[:200]!r}"
        self.found.expect(400 <= answer.status < 500, what)
        self.found.expect(
            answer.headers.get("content-type", "").startswith("application/json")
            and "error" in answer.body,
            f"no OAuth error: {what}",
        )

    def _raw(self, raw: bytes) -> None:
        """Bytes that no HTTP library would send."""
        address = (self.instance.host, self.instance.port)
        with socket.create_connection(address, timeout=15) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            said = b""
            try:
                while piece := connection.recv(65536):
                    said += piece
            except OSError as error:
                self.found.expect(not isinstance(error, TimeoutError), f"{raw[:80]!r}: a hang")
        status = said.split(b" ", 2)[1] if said.startswith(b"HTTP/") else b"none"
        self.found.expect(not status.startswith(b"5"), f"{raw[:80]!r}: {said[:200]!r}")

    def _send(
        self,
        method: str,
        path: str,
        raw: bytes | None,
        headers: Mapping[str, str],
        prefix: str = "/api/v1",
    ) -> Answer:
        """Send; once more if the server had closed the connection after the request before."""
        answer = self.client.send(method, path, raw, headers, prefix=prefix)
        if answer.status:
            return answer
        return self.client.send(method, path, raw, headers, prefix=prefix)

    def _judge(self, answer: Answer, what: str) -> None:
        self.statuses[answer.status] += 1
        if not self.found.expect(
            answer.status < 500, f"{what}: {answer.status} {answer.raw[:300]!r}"
        ):
            return
        if answer.status == 0:
            self.found.expect(False, f"{what}: the connection broke")
        if answer.status >= 400 and answer.raw:
            self.found.expect(
                answer.headers.get("content-type") == "application/problem+json",
                f"{what}: {answer.status} {answer.headers.get('content-type')} {answer.raw[:80]!r}",
            )


def _without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "charge_id"}
