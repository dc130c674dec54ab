"""Billing, as it would talk to us."""

from collections.abc import Callable
from itertools import count
from typing import Any

import orjson
import pytest
from django.test import Client as Browser

_numbers = count(1)


class Billing:
    """A machine that speaks JSON and holds every scope, unless a test takes some away."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser = browser
        self.token = token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request and return the answer."""
        sent = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        return self.browser.generic(
            method,
            f"/api/v1{path}",
            sent,
            content_type="application/json",
            headers={"authorization": self.token, **headers},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def subscriber(self, **changes: Any) -> str:
        """Register a subscriber who may do everything, and return the id."""
        subscriber_id = f"S-{next(_numbers)}"
        answer = self.put(f"/subscribers/{subscriber_id}", {**subscriber_body(), **changes})
        assert answer.status_code == 201, answer.content
        return subscriber_id

    def wallet(self, subscriber_id: str) -> dict[str, Any]:
        wallet: dict[str, Any] = self.get(f"/subscribers/{subscriber_id}/wallet").json()
        return wallet


def subscriber_body() -> dict[str, Any]:
    number = next(_numbers)
    return {
        "msisdn": f"+7916{number:07d}",
        "status": "active",
        "activated_at": "2024-01-15T10:00:00+03:00",
        "plan": "Unlimited",
        "region": "Moscow",
        "verified": {"phone": True, "identity": True},
        "identifiers": [{"kind": "card", "value": f"tok_{number}"}],
    }


@pytest.fixture
def billing(browser: Browser, bearer: Callable[..., str]) -> Billing:
    return Billing(browser, bearer())
