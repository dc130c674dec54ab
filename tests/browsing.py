"""Fixtures of tests that come over HTTP: a client of the API, and a token with any scopes."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, set_token_value

from doors.models import Client
from doors.scopes import SCOPES

Bearer = Callable[..., str]


@pytest.fixture
def api_client(db: None) -> Client:
    client: Client = Client.objects.create(
        name="billing",
        client_id="billing",
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        client_secret="s" * 40,
        hash_client_secret=False,
        scopes=list(SCOPES),
    )
    return client


@pytest.fixture
def bearer(api_client: Client) -> Bearer:
    """Return a header with a fresh token for some scopes (every one by default)."""

    def header(*scopes: str, lives: timedelta = timedelta(minutes=15)) -> str:
        token = AccessToken(
            application=api_client,
            scope=" ".join(scopes or SCOPES),
            expires=datetime.now(UTC) + lives,
        )
        raw = secrets.token_hex(15)
        set_token_value(token, raw)
        token.save()
        return f"Bearer {raw}"

    return header


@pytest.fixture
def browser() -> Browser:
    """A browser that lets errors become answers, as they do in production."""
    return Browser(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def post(browser: Browser) -> Callable[..., Any]:
    """Return a function that posts bytes as JSON."""

    def send(path: str, body: bytes | str, token: str | None = None, **headers: str) -> Any:
        kind = headers.pop("content_type", "application/json")
        if token is not None:
            headers["authorization"] = token
        return browser.generic("POST", path, body, content_type=kind, headers=headers)

    return send
