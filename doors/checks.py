"""Reasons not to start: secrets that anybody could know, and doors that stand open."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, run_checks
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from doors.outcomes import DatabaseUntrusted

logger = logging.getLogger(__name__)

_TEST_RANGE = re.compile(r"\+[0-9]{3,14}")
SECRET_LENGTH_MIN = 32
_DIFFERENT_MIN = 8
# Words of examples, templates and tests, which no generated secret has by accident.
_GIVEN_AWAY = re.compile(
    r"insecure|change.?me|example|default|password|secret|placeholder|test|demo|dummy|tenure",
    re.IGNORECASE,
)


def refusal_of_secret(secret: str) -> str:
    """Return why a secret won't do, or nothing."""
    if len(secret) < SECRET_LENGTH_MIN:
        return f"it has fewer than {SECRET_LENGTH_MIN} characters"
    if len(set(secret)) < _DIFFERENT_MIN:
        return "it hardly has different characters"
    if found := _GIVEN_AWAY.search(secret):
        return f"it contains {found[0]!r}, like a secret of an example"
    return ""


def secrets_are_secret(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse secrets that are short, or those of an example, unless DEBUG is on."""
    if settings.DEBUG:
        return []
    return [
        Error(
            f"{name} won't do: {why}.",
            hint="Make one: python -c 'import secrets; print(secrets.token_hex(32))'",
            id="doors.E001",
        )
        for name, secret in _secrets()
        if (why := refusal_of_secret(secret))
    ]


def _secrets() -> Iterator[tuple[str, str]]:
    yield "SECRET_KEY", settings.SECRET_KEY
    for place, fallback in enumerate(settings.SECRET_KEY_FALLBACKS):
        yield f"SECRET_KEY_FALLBACKS[{place}]", str(fallback)
    for key_id, key in settings.IDENTIFIER_KEYS.items():
        yield f"IDENTIFIER_KEYS[{key_id}]", key
    for place, ledger_key in enumerate(settings.LEDGER_KEYS):
        yield f"LEDGER_KEYS[{place}]", ledger_key.decode()
    for key_id, vault_key in settings.VAULT_KEYS.items():
        yield f"VAULT_KEYS[{key_id}]", vault_key.hex()
    for place, sealing_key in enumerate(settings.SECRETS_KEYS):
        yield f"SECRETS_KEYS[{place}]", sealing_key
    oauth: Mapping[str, Any] = settings.OAUTH2_PROVIDER
    if signing := oauth.get("OIDC_RSA_PRIVATE_KEY"):
        yield "OIDC_RSA_PRIVATE_KEY", signing


def hosts_are_named(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse to answer under any name at all, unless DEBUG is on."""
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [Error("ALLOWED_HOSTS lets any name pass.", id="doors.E002")]


def test_ranges_are_beginnings_of_numbers(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Refuse ranges of test numbers that would let any number pass, or none."""
    return [
        Error(
            f"PHONE_TEST_RANGES names {written!r}.",
            hint="A range begins with + and three digits at least, such as +7000.",
            id="doors.E004",
        )
        for written in settings.PHONE_TEST_RANGES
        if not _TEST_RANGE.fullmatch(written)
    ]


def people_need_a_second_factor(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Warn before a deployment whose admin is open to a password alone."""
    if settings.ADMIN_SECOND_FACTOR:
        return []
    return [
        Caution(
            "The admin lets people in with a password alone.",
            hint="ADMIN_SECOND_FACTOR=true, or leave it out: with HTTPS it is the default.",
            id="doors.W001",
        )
    ]


def no_demo_client(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Refuse the client of the demo, which holds every scope, behind HTTPS.

    It asks the database, and so only when `check` is told to (`--database default`).
    """
    if not databases or not settings.HTTPS:
        return []
    from doors.models import Client

    if not Client.objects.filter(client_id="demo", is_enabled=True).exists():
        return []
    return [Error("The demo's client is enabled: it holds every scope.", id="doors.E003")]


def the_database_may_not_forget(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Refuse, behind HTTPS, to work with a database that may lose what it acknowledged."""
    if not (settings.HTTPS and settings.DATABASE_MAY_FORGET):
        return []
    return [Error("DATABASE_MAY_FORGET is for tests.", id="doors.E005")]


def refuse_unsafe_start() -> None:
    """Stop a process that would serve with secrets which anybody could know.

    Commands check before they run; web servers, workers and the clock call this.

    Raises:
        ImproperlyConfigured: naming what is wrong.
    """
    errors = [found for found in run_checks(tags=[Tags.security]) if found.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            "Tenure doesn't start like this:\n" + "\n".join(str(error) for error in errors)
        )


def refuse_untrusted_database() -> None:
    """Stop a process that would work with a database which may lose what it acknowledged.

    One that is away is waited for: requests are answered 503 meanwhile.

    Raises:
        ImproperlyConfigured: naming what is wrong.
    """
    # Of its own: processes and threads that follow make theirs.
    asked = connection.copy()
    try:
        asked.ensure_connection()
    except DatabaseUntrusted as refusal:
        raise ImproperlyConfigured(f"Tenure doesn't start like this:\n{refusal}") from None
    except OperationalError as error:
        logger.warning("The database doesn't answer yet: %s", error)
    finally:
        asked.close()
