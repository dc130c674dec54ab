"""Secrets of clients: one ends with its tokens, or two work for a while."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from doors import grants
from doors.api.credentials import TwoSecrets
from doors.clients import (
    OVERLAP_MAX,
    OverlapOutOfRange,
    change_client,
    end_previous_secret,
    register_client,
    replace_client_secret,
    rotate_client_secret,
)
from doors.models import Client
from doors.queries import grant_of
from tests.doors.test_tokens import ask, basic

pytestmark = pytest.mark.django_db

READ = "/api/v1/webhooks"
SCOPES = ["webhooks:read"]

Token = Callable[[str], str | None]


@pytest.fixture(autouse=True)
def _what_follows_the_commit_follows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are never committed."""
    monkeypatch.setattr(transaction, "on_commit", lambda follow: follow())


@pytest.fixture
def secret() -> str:
    _, made = register_client(name="till", scopes=SCOPES, client_id="till")
    return made


@pytest.fixture
def token(browser: Browser) -> Token:
    """Return a function that gets a token with a secret, or None."""

    def get(secret: str) -> str | None:
        answer = ask(browser, "grant_type=client_credentials", basic(f"till:{secret}".encode()))
        assert answer.status_code in (200, 401), answer.content
        got: str | None = answer.json().get("access_token")
        return got

    return get


def works(browser: Browser, token: str | None) -> bool:
    answer: Any = browser.get(READ, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code in (200, 401), answer.content
    return bool(answer.status_code == 200)


def _register() -> tuple[Client, str]:
    return register_client(name="till", scopes=SCOPES)


def _replace() -> tuple[Client, str]:
    return replace_client_secret(client_id="till")


@pytest.mark.parametrize("anew", [_register, _replace])
def test_a_secret_anew_ends_the_old_one_and_its_tokens(
    anew: Callable[[], tuple[Client, str]],
    browser: Browser,
    secret: str,
    token: Token,
    settings: Any,
) -> None:
    # This process remembers the token for longer than the test takes.
    settings.TOKEN_MEMORY_SECONDS = 60
    got = token(secret)
    assert works(browser, got)
    _, new = anew()
    assert not works(browser, got)
    assert token(secret) is None
    assert works(browser, token(new))


@pytest.mark.parametrize("is_former", [False, True])
def test_a_secret_that_ends_while_it_is_checked_gets_no_token(
    is_former: bool, secret: str, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a request for a token and the end of its secret, the other comes between its steps."""
    if is_former:
        rotate_client_secret(client_id="till", now=datetime.now(UTC))
    authenticate = TwoSecrets.authenticate_client

    def overtaken(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        is_good = authenticate(self, request, *args, **options)
        if is_former:
            end_previous_secret(client_id="till")
        else:
            replace_client_secret(client_id="till")
        return is_good

    monkeypatch.setattr(TwoSecrets, "authenticate_client", overtaken)
    assert token(secret) is None
    assert not AccessToken.objects.exists()


def test_other_processes_forget_within_the_memorys_seconds(
    browser: Browser, secret: str, token: Token, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process hears nothing, and asks again once its memory is old."""
    moment = 1000.0
    monkeypatch.setattr(grants, "monotonic", lambda: moment)
    settings.TOKEN_MEMORY_SECONDS = 2
    got = token(secret)
    assert works(browser, got)
    AccessToken.objects.all().delete()
    moment += 1.9
    assert works(browser, got)
    moment += 0.2
    assert not works(browser, got)


def test_memory_is_as_old_as_its_question(
    secret: str, token: Token, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow look-up doesn't lengthen the life of what it found."""
    assert token(secret)
    checksum = AccessToken.objects.get().token_checksum
    moment = 1000.0

    def slowly(**asked: Any) -> Any:
        nonlocal moment
        found = grant_of(**asked)
        moment += 5
        return found

    monkeypatch.setattr(grants, "monotonic", lambda: moment)
    monkeypatch.setattr(grants, "grant_of", slowly)
    settings.TOKEN_MEMORY_SECONDS = 2
    assert grants.remembered_grant(checksum) is not None
    AccessToken.objects.all().delete()
    assert grants.remembered_grant(checksum) is None


def test_registering_with_the_same_secret_ends_nothing(
    browser: Browser, secret: str, token: Token
) -> None:
    got = token(secret)
    register_client(name="till", scopes=SCOPES, client_secret=secret)
    assert works(browser, got)
    assert token(secret)


def test_a_client_keeps_its_id(secret: str) -> None:
    with pytest.raises(ValidationError):
        register_client(name="till", scopes=SCOPES, client_id="other")
    assert Client.objects.get().client_id == "till"


def test_a_disabled_client_is_forgotten(
    browser: Browser, secret: str, token: Token, settings: Any
) -> None:
    settings.TOKEN_MEMORY_SECONDS = 60
    got = token(secret)
    assert works(browser, got)
    change_client(client=Client.objects.get(), scopes=SCOPES, is_enabled=False)
    assert not works(browser, got)


def test_two_secrets_work_until_the_stated_end(browser: Browser, secret: str, token: Token) -> None:
    got = token(secret)
    now = datetime.now(UTC)
    client, new = rotate_client_secret(client_id="till", now=now, overlap=timedelta(hours=1))
    assert client.previous_until == now + timedelta(hours=1)
    assert works(browser, got)
    assert works(browser, token(secret))
    assert works(browser, token(new))
    assert token("neither") is None
    Client.objects.update(previous_until=datetime.now(UTC))
    assert token(secret) is None
    assert works(browser, token(new))


def test_both_secrets_work_in_the_form_and_for_revocation(browser: Browser, secret: str) -> None:
    _, new = rotate_client_secret(client_id="till", now=datetime.now(UTC))
    for each in (secret, new):
        form = f"grant_type=client_credentials&client_id=till&client_secret={each}"
        got = ask(browser, form).json()["access_token"]
        credentials = basic(f"till:{each}".encode())
        answer = ask(browser, f"token={got}", credentials, path="/oauth/revoke_token")
        assert answer.status_code == 200
        assert not works(browser, got)


def test_a_former_secret_ends_before_its_time_with_every_token(
    browser: Browser, secret: str, token: Token, settings: Any
) -> None:
    settings.TOKEN_MEMORY_SECONDS = 60
    _, new = rotate_client_secret(client_id="till", now=datetime.now(UTC))
    old_token, new_token = token(secret), token(new)
    assert works(browser, old_token)
    end_previous_secret(client_id="till")
    assert token(secret) is None
    assert not works(browser, old_token)
    assert not works(browser, new_token)
    assert works(browser, token(new))


def test_ending_no_former_secret_ends_nothing(browser: Browser, secret: str, token: Token) -> None:
    got = token(secret)
    end_previous_secret(client_id="till")
    assert works(browser, got)


def test_there_are_never_three_secrets(secret: str, token: Token) -> None:
    _, second = rotate_client_secret(client_id="till", now=datetime.now(UTC))
    _, third = rotate_client_secret(client_id="till", now=datetime.now(UTC))
    assert token(secret) is None
    assert token(second)
    assert token(third)


@pytest.mark.parametrize("overlap", [timedelta(), -timedelta(1), OVERLAP_MAX + timedelta(1)])
def test_a_former_secret_works_for_some_time_and_not_for_ever(
    secret: str, overlap: timedelta
) -> None:
    with pytest.raises(OverlapOutOfRange):
        rotate_client_secret(client_id="till", now=datetime.now(UTC), overlap=overlap)
    assert Client.objects.get().previous_until is None


def test_a_disabled_client_gets_no_token_with_either_secret(secret: str, token: Token) -> None:
    _, new = rotate_client_secret(client_id="till", now=datetime.now(UTC))
    Client.objects.update(is_enabled=False)
    assert (token(secret), token(new)) == (None, None)


def command(*said: str) -> str:
    out = io.StringIO()
    call_command("client_secret", "till", *said, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_the_command_rotates_replaces_and_ends(browser: Browser, secret: str, token: Token) -> None:
    second = command("--hours", "2")
    assert token(secret)
    assert token(second)
    command("--end-former")
    assert token(secret) is None
    got = token(second)
    third = command("--at-once")
    assert not works(browser, got)
    assert token(second) is None
    assert token(third)


@pytest.mark.parametrize("said", [["--hours", "0"], ["--hours", "10000"]])
def test_the_command_says_what_it_refuses(secret: str, said: list[str], token: Token) -> None:
    with pytest.raises(CommandError):
        command(*said)
    with pytest.raises(CommandError, match="no client"):
        call_command("client_secret", "nobody")
    assert token(secret)
