"""A process doesn't start with secrets that anybody could know."""

import os
import secrets
import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from doors import checks
from doors.checks import refuse_unsafe_start
from doors.clients import register_client

GOOD = secrets.token_hex(32)
BAD = [
    "",
    "short",
    "0" * 64,
    "django-insecure-" + "0f1e2d3c4b5a6978" * 4,
    "change-me-" + "0123456789abcdef" * 3,
    "my-example-key-" + "0123456789abcdef" * 3,
    "a-Secret-of-mine-" + "0123456789abcdef" * 3,
    "for-tests-" + "0123456789abcdef" * 3,
]


@pytest.fixture
def good(settings: Any) -> Any:
    settings.DEBUG = False
    settings.SECRET_KEY = GOOD
    settings.IDENTIFIER_KEYS = {1: GOOD}
    settings.LEDGER_KEYS = [GOOD.encode()]
    settings.ALLOWED_HOSTS = ["loyalty.example"]
    return settings


def test_starts_with_generated_secrets(good: Any) -> None:
    refuse_unsafe_start()


@pytest.mark.parametrize("secret", BAD)
def test_refuses_a_secret_that_is_none(good: Any, secret: str) -> None:
    good.SECRET_KEY = secret or " "
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        refuse_unsafe_start()


def test_every_secret_is_looked_at(good: Any) -> None:
    good.SECRET_KEY_FALLBACKS = [GOOD, "old"]
    good.IDENTIFIER_KEYS = {1: GOOD, 2: "second"}
    good.LEDGER_KEYS = [GOOD.encode(), b"short"]
    good.OAUTH2_PROVIDER = {**good.OAUTH2_PROVIDER, "OIDC_RSA_PRIVATE_KEY": "signing"}
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_unsafe_start()
    for name in (
        "SECRET_KEY_FALLBACKS[1]",
        "IDENTIFIER_KEYS[2]",
        "LEDGER_KEYS[1]",
        "OIDC_RSA_PRIVATE_KEY",
    ):
        assert name in str(caught.value)
    assert "IDENTIFIER_KEYS[1]" not in str(caught.value)


def test_refuses_to_answer_under_any_name(good: Any) -> None:
    good.ALLOWED_HOSTS = ["*"]
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        refuse_unsafe_start()


def test_refuses_a_database_that_may_forget_behind_https(good: Any) -> None:
    good.HTTPS = good.DATABASE_MAY_FORGET = True
    with pytest.raises(ImproperlyConfigured, match="DATABASE_MAY_FORGET"):
        refuse_unsafe_start()
    good.DATABASE_MAY_FORGET = False
    refuse_unsafe_start()


def test_debugging_needs_no_secrets(good: Any) -> None:
    good.DEBUG, good.SECRET_KEY, good.ALLOWED_HOSTS = True, "x", ["*"]
    refuse_unsafe_start()


def test_a_deployment_without_second_factors_is_warned_of(good: Any) -> None:
    good.ADMIN_SECOND_FACTOR = False
    assert "doors.W001" in _deployment_ids()
    good.ADMIN_SECOND_FACTOR = True
    assert "doors.W001" not in _deployment_ids()


@pytest.mark.django_db
def test_the_client_of_the_demo_is_refused_behind_https(good: Any) -> None:
    def found() -> list[Any]:
        return checks.no_demo_client(None, databases=["default"])

    register_client(name="Demo", scopes=[], client_id="demo", client_secret=GOOD)
    good.HTTPS = False
    assert found() == []
    good.HTTPS = True
    assert [each.id for each in found()] == ["doors.E003"]
    assert checks.no_demo_client(None, databases=None) == []


STARTS = {
    "web": "import config.wsgi",
    "worker": "import config.celery, celery.signals as s; s.worker_init.send(None)",
    "beat": "import config.celery, celery.signals as s; s.beat_init.send(None)",
}


@pytest.mark.parametrize("part", STARTS)
def test_the_processes_themselves_refuse(part: str) -> None:
    said = STARTS[part]
    setting_up = "import django; django.setup(); " if part != "web" else ""
    for key, starts in ((GOOD, True), ("guess-me", False)):
        run = subprocess.run(
            [sys.executable, "-c", setting_up + said],
            env={**os.environ, "SECRET_KEY": key, "DEBUG": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode == 0) == starts, run.stderr
        assert ("SECRET_KEY won't do" in run.stderr) != starts


def _deployment_ids() -> set[str | None]:
    return {found.id for found in run_checks(tags=["security"], include_deployment_checks=True)}


@pytest.mark.parametrize("written", ["", "+", "+7", "7000", "+7000X", "+70 00"])
def test_refuses_ranges_of_test_numbers_that_are_none(good: Any, written: str) -> None:
    good.PHONE_TEST_RANGES = ["+7000", written]
    with pytest.raises(ImproperlyConfigured, match="PHONE_TEST_RANGES"):
        refuse_unsafe_start()
    good.PHONE_TEST_RANGES = ["+7000", "+99900"]
    refuse_unsafe_start()
