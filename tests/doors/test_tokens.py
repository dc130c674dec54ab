"""The token endpoint knows one grant, and answers mistakes as RFC 6749 says."""

import base64
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client as Browser
from django.test import override_settings
from oauth2_provider.models import AccessToken

from doors.clients import register_client
from doors.models import Client

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.doors.charges"),
    # The secrets are long and random: the tests needn't wait for the slow hash of passwords.
    pytest.mark.usefixtures("quick_hash"),
]

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def quick_hash(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def credentials() -> str:
    client, secret = register_client(
        name="till", scopes=["charges:write", "program:read"], client_id="till"
    )
    return basic(f"{client.client_id}:{secret}".encode())


def basic(pair: bytes) -> str:
    return "Basic " + base64.b64encode(pair).decode()


def ask(browser: Browser, body: str, authorization: str | None = None, **options: Any) -> Any:
    headers = {} if authorization is None else {"authorization": authorization}
    kind = options.get("content_type", FORM)
    path = options.get("path", "/oauth/token")
    return browser.generic("POST", path, body, content_type=kind, headers=headers)


def error(response: Any, status: int, code: str) -> None:
    assert response.status_code == status, response.content
    assert response.json()["error"] == code
    assert response["Content-Type"] == "application/json"


def test_a_client_gets_a_token_for_15_minutes(browser: Browser, credentials: str) -> None:
    response = ask(browser, "grant_type=client_credentials&scope=program:read", credentials)
    body = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert (body["expires_in"], body["token_type"]) == (900, "Bearer")
    assert body["scope"] == "program:read"
    assert "refresh_token" not in body
    stored = AccessToken.objects.get()
    assert stored.token == ""
    headers = {"authorization": f"Bearer {body['access_token']}"}
    assert browser.get("/api/v1/clients", headers=headers).status_code == 200


def test_the_credentials_may_stand_in_the_form(browser: Browser) -> None:
    _, secret = register_client(name="till", scopes=[], client_id="till")
    form = f"grant_type=client_credentials&client_id=till&client_secret={secret}"
    assert ask(browser, form).status_code == 200


def test_a_client_gets_what_it_may_have_and_no_more(browser: Browser, credentials: str) -> None:
    response = ask(browser, "grant_type=client_credentials", credentials)
    assert response.json()["scope"] == "charges:write program:read"
    for scope in ("wallets:read", "program:read wallets:read", "nonsense"):
        form = f"grant_type=client_credentials&scope={scope}"
        error(ask(browser, form, credentials), 400, "invalid_scope")


def test_a_disabled_client_gets_nothing(browser: Browser, credentials: str) -> None:
    Client.objects.update(is_enabled=False)
    error(ask(browser, "grant_type=client_credentials", credentials), 401, "invalid_client")


@pytest.mark.parametrize(
    "grant",
    [
        "password",
        "authorization_code",
        "refresh_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "nonsense",
    ],
)
def test_every_other_grant_is_refused(browser: Browser, credentials: str, grant: str) -> None:
    form = f"grant_type={grant}&username=a&password=b&code=c"
    error(ask(browser, form, credentials), 400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic é",
        "Bearer abc",
        basic(b"till"),
        basic(b"till:wrong"),
        basic(b"nobody:x"),
        basic(b"till\x00:x"),
        basic(b"till:\x00"),
        basic(b"till%00:x"),
        basic(b"\xff\xfe:x"),
        basic(b"%ED%A0%80:x"),
        basic(b":"),
        basic(b"x" * 5000 + b":y"),
    ],
)
def test_bad_credentials_are_401(browser: Browser, credentials: str, authorization: str) -> None:
    response = ask(browser, "grant_type=client_credentials", authorization)
    error(response, 401, "invalid_client")
    assert response["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", FORM),
        ("scope=x", FORM),
        ("grant_type=", FORM),
        ("grant_type=client_credentials&client_id=a%00b", FORM),
        ("grant_type=client_credentials&scope=%00", FORM),
        ("grant_type=client_credentials&grant_type=client_credentials", FORM),
        ("grant_type=client_credentials&%00=1", FORM),
        ("grant_type=client_credentials", FORM + "; charset=utf-16"),
        ('{"grant_type": "client_credentials"}', "application/json"),
        ("--x", "multipart/form-data; boundary=x"),
        ("--x", "multipart/form-data"),
        ("grant_type=client_credentials", ""),
        ("&".join(f"a{n}=1" for n in range(1500)), FORM),
    ],
)
def test_a_bad_form_is_400(
    browser: Browser, credentials: str, body: str, content_type: str
) -> None:
    error(ask(browser, body, credentials, content_type=content_type), 400, "invalid_request")


def test_bad_percent_encoding_is_no_error_of_ours(browser: Browser, credentials: str) -> None:
    response = ask(browser, "grant_type=client_credentials&scope=%ff%zz", credentials)
    error(response, 400, "invalid_scope")


def test_parameters_belong_into_the_body(browser: Browser, credentials: str) -> None:
    path = "/oauth/token?grant_type=client_credentials&x=%ZZ"
    error(ask(browser, "", credentials, path=path), 400, "invalid_request")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
def test_a_large_form_is_400(browser: Browser, credentials: str) -> None:
    error(ask(browser, "grant_type=client_credentials", credentials), 400, "invalid_request")


def test_a_token_is_posted_for(browser: Browser) -> None:
    response = browser.get("/oauth/token")
    error(response, 405, "invalid_request")
    assert response["Allow"] == "POST"


def test_a_token_can_be_revoked(browser: Browser, credentials: str) -> None:
    response = ask(browser, "grant_type=client_credentials", credentials)
    token = response.json()["access_token"]
    response = ask(browser, f"token={token}", credentials, path="/oauth/revoke_token")
    assert response.status_code == 200
    assert not AccessToken.objects.exists()


def test_registering_again_changes_the_same_client() -> None:
    first, old = register_client(name="till", scopes=["charges:write"])
    again, new = register_client(name="till", scopes=["program:read"])
    assert (first.pk, first.client_id) == (again.pk, again.client_id)
    assert again.scopes == ["program:read"]
    assert old != new


def test_a_client_has_known_scopes_only() -> None:
    with pytest.raises(ValidationError):
        register_client(name="till", scopes=["everything"])


def test_client_uses_client_credentials_only() -> None:
    with pytest.raises(IntegrityError, match="client_uses_client_credentials_only"):
        Client.objects.create(
            client_type=Client.CLIENT_PUBLIC, authorization_grant_type=Client.GRANT_PASSWORD
        )


@pytest.mark.parametrize("name", ["a" * 256, "a" * 20_000, "%ED%A0%80", "%00", "é" * 300])
def test_no_client_id_breaks_it(browser: Browser, name: str) -> None:
    response = ask(browser, "grant_type=client_credentials", basic(f"{name}:x".encode()))
    error(response, 401, "invalid_client")
    form = f"grant_type=client_credentials&client_id={name}&client_secret={name}"
    assert ask(browser, form).status_code in (400, 401)


def test_a_form_larger_than_any_is_not_received(browser: Browser) -> None:
    form = f"grant_type=client_credentials&client_id={'a' * 100_000}&client_secret=x"
    assert ask(browser, form).status_code == 413


@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "client_secret", "x"])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke_token"])
def test_a_parameter_is_given_once(
    browser: Browser, credentials: str, name: str, path: str
) -> None:
    form = f"grant_type=client_credentials&token=a&{name}=1&{name}=1"
    error(ask(browser, form, credentials, path=path), 400, "invalid_request")


def test_credentials_are_sent_once(browser: Browser, credentials: str) -> None:
    form = "grant_type=client_credentials&client_id=till&client_secret=guess"
    error(ask(browser, form, credentials), 400, "invalid_request")
    error(ask(browser, form, basic(b"nobody:x")), 400, "invalid_request")


def test_a_packed_form_is_415(browser: Browser, credentials: str) -> None:
    headers = {"authorization": credentials, "content-encoding": "gzip"}
    form = "grant_type=client_credentials"
    response = browser.generic("POST", "/oauth/token", form, content_type=FORM, headers=headers)
    error(response, 415, "invalid_request")
    headers["content-encoding"] = "identity"
    response = browser.generic("POST", "/oauth/token", form, content_type=FORM, headers=headers)
    assert response.status_code == 200
