"""The README's request, for a machine without curl: register a subscriber, post a charge."""

import base64
import json
import shlex
import urllib.request
from pathlib import Path
from typing import Any

ENV = Path(__file__).resolve().parent.parent / "var" / "demo.env"


def settings() -> dict[str, str]:
    """What `make run` wrote: NAME=value lines, quoted for a shell."""
    pairs = (line.partition("=") for line in shlex.split(ENV.read_text(), comments=True))
    return {name: value for name, _, value in pairs}


def send(method: str, url: str, body: bytes, **headers: str) -> Any:
    """Send a request and return its JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, method=method, headers=named)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def main() -> None:
    known = settings()
    api = known["API_URL"]
    secret = f"{known['CLIENT_ID']}:{known['CLIENT_SECRET']}".encode()
    token = send(
        "POST",
        api.removesuffix("/api/v1") + "/oauth/token",
        b"grant_type=client_credentials",
        Authorization="Basic " + base64.b64encode(secret).decode(),
        Content_Type="application/x-www-form-urlencoded",
    )["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
    subscriber = {
        "msisdn": "+79161234567",
        "status": "active",
        "activated_at": "2026-01-15T10:00:00+03:00",
        "plan": "Unlimited",
        "region": "Moscow",
        "verified": {"phone": True, "identity": True},
        "identifiers": [{"kind": "card", "value": "tok_4f1c9b"}],
    }
    charge = {
        "charge_id": "ch-2026-11-0001",
        "subscriber_id": "S-README",
        "amount": "599.90",
        "currency": "RUB",
        "kind": "service",
        "occurred_at": "2026-11-01T10:00:00+03:00",
    }
    send("PUT", f"{api}/subscribers/S-README", json.dumps(subscriber).encode(), **headers)
    answer = send("POST", f"{api}/charges", json.dumps(charge).encode(), **headers)
    print(json.dumps(answer, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
