"""Keys that seal secrets change, and what receivers verify with doesn't."""

from datetime import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command

from outbox.models import Endpoint
from outbox.operations.register_endpoints import rotate_secret
from outbox.operations.reseal_secrets import REASON, reseal_secrets
from outbox.policy.sealing import opened
from tests.books import rows
from tests.outbox.conftest import endpoint_at

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
URL = "https://hooks.example.com/tenure"


@pytest.fixture(autouse=True)
def _old_key(settings: Any) -> None:
    settings.SECRETS_KEYS = [OLD]


def test_every_secret_comes_under_the_first_key(now: datetime, settings: Any) -> None:
    former = endpoint_at(URL, now=now)
    secret = rotate_secret(webhook_id="crm", rotation_id="r", by="ann", now=now).secret
    settings.SECRETS_KEYS = [NEW, OLD]
    assert reseal_secrets() == 1
    assert reseal_secrets() == 1

    endpoint = Endpoint.objects.get()
    assert endpoint.previous_secret is not None
    assert opened(bytes(endpoint.secret), [NEW]) == secret
    assert opened(bytes(endpoint.previous_secret), [NEW]) == former
    with pytest.raises(InvalidToken):
        opened(bytes(endpoint.secret), [OLD])
    [*_, last] = rows("SELECT * FROM outbox_endpointevent ORDER BY pgh_id")
    assert REASON in last["pgh_context"]


def test_a_lost_key_changes_nothing(now: datetime, settings: Any) -> None:
    endpoint_at(URL, webhook_id="a", now=now)
    settings.SECRETS_KEYS = [NEW]
    endpoint_at(URL, webhook_id="b", now=now)
    before = list(Endpoint.objects.order_by("pk").values_list("secret", flat=True))
    for keys in ([NEW], []):
        settings.SECRETS_KEYS = keys
        with pytest.raises(CommandError, match="SECRETS_KEYS"):
            call_command("reseal_secrets")
    assert list(Endpoint.objects.order_by("pk").values_list("secret", flat=True)) == before


def test_the_command_says_how_many(
    now: datetime, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint_at(URL, now=now)
    settings.SECRETS_KEYS = [NEW, OLD]
    call_command("reseal_secrets")
    assert "of 1 webhooks" in capsys.readouterr().out
