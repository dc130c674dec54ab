"""API clients get a secret that is shown once, and tokens are never shown."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from doors.models import Client
from tests.admin.conftest import LogIn

ADD = reverse("admin:doors_client_add")
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


def secret_in(page: bytes) -> str:
    found = SECRET.search(page.decode())
    assert found is not None
    return found[1]


@pytest.fixture
def billing(manager: Browser) -> Client:
    answer = manager.post(ADD, {"name": "billing", "scopes": ["charges:write"]})
    assert "no-store" in answer["Cache-Control"]
    client: Client = Client.objects.get()
    assert check_password(secret_in(answer.content), client.client_secret)
    assert client.scopes == ["charges:write"]
    return client


def page_of(client: Client, page: str = "doors_client_change") -> str:
    return reverse(f"admin:{page}", args=[client.pk])


def test_the_secret_is_shown_once(manager: Browser, billing: Client) -> None:
    shown = manager.get(page_of(billing)).content.decode()
    assert SECRET.search(shown) is None
    assert billing.client_secret not in shown


def test_the_same_name_is_refused(manager: Browser, billing: Client) -> None:
    answer = manager.post(ADD, {"name": "billing", "scopes": ["wallets:read"]})
    assert "Another client has this name" in answer.content.decode()
    billing.refresh_from_db()
    assert billing.scopes == ["charges:write"]


def test_scopes_and_standing_change_and_the_secret_does_not(
    manager: Browser, billing: Client
) -> None:
    answer = manager.post(page_of(billing), {"scopes": ["wallets:read", "charges:write"]})
    assert answer.status_code == 302
    changed = Client.objects.get()
    assert changed.scopes == ["charges:write", "wallets:read"]
    assert not changed.is_enabled
    assert changed.client_secret == billing.client_secret


def test_limits_are_set_in_roubles_and_shown_again(manager: Browser, billing: Client) -> None:
    said = {"scopes": ["charges:write"], "is_enabled": "on", "reads_per_second": "0",
            "daily_charge_limit": "1500"}  # fmt: skip
    assert manager.post(page_of(billing), said).status_code == 302
    changed = Client.objects.get()
    assert (changed.reads_per_second, changed.writes_per_second) == (0, None)
    assert changed.daily_charge_limit_minor == 150_000
    assert changed.daily_redemption_limit_minor is None
    assert 'value="1500"' in manager.get(page_of(billing)).content.decode()
    # A new secret leaves them as they are.
    manager.post(page_of(billing, "doors_client_secret"))
    assert Client.objects.get().daily_charge_limit_minor == 150_000


def test_a_limit_below_nothing_is_refused(manager: Browser, billing: Client) -> None:
    answer = manager.post(page_of(billing), {"scopes": [], "daily_charge_limit": "-1"})
    assert answer.status_code == 200
    assert Client.objects.get().daily_charge_limit_minor is None


def test_an_unknown_scope_is_refused(manager: Browser, billing: Client) -> None:
    answer = manager.post(page_of(billing), {"scopes": ["everything:do"], "is_enabled": "on"})
    assert list(answer.context["adminform"].form.errors) == ["scopes"]


def test_a_new_secret_replaces_the_old_one(manager: Browser, billing: Client) -> None:
    address = page_of(billing, "doors_client_secret")
    assert SECRET.search(manager.get(address).content.decode()) is None
    secret = secret_in(manager.post(address).content)
    changed = Client.objects.get()
    assert check_password(secret, changed.client_secret)
    assert changed.client_id == billing.client_id
    assert changed.scopes == billing.scopes


def test_a_reader_gets_no_secret(log_in: LogIn, billing: Client) -> None:
    reader = log_in("doors.view_client")
    answer = reader.post(page_of(billing, "doors_client_secret"), follow=True)
    assert SECRET.search(answer.content.decode()) is None
    assert Client.objects.get().client_secret == billing.client_secret


def test_tokens_are_listed_without_their_values(
    manager: Browser, bearer: Callable[..., str]
) -> None:
    token = bearer("charges:write").removeprefix("Bearer ")
    shown = manager.get(reverse("admin:oauth2_provider_accesstoken_changelist")).content.decode()
    assert "charges:write" in shown
    assert token not in shown


def test_only_a_superuser_makes_superusers(log_in: LogIn) -> None:
    keeper = log_in("auth.view_user", "auth.change_user", name="keeper")
    root = User.objects.create_superuser("root", password="p")
    own = User.objects.get(username="keeper")
    page = reverse("admin:auth_user_change", args=[own.pk])
    keeper.post(page, {"is_active": "on", "is_staff": "on", "is_superuser": "on"})
    own.refresh_from_db()
    assert not own.is_superuser
    page = reverse("admin:auth_user_change", args=[root.pk])
    assert keeper.post(page, {"is_active": ""}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert keeper.get(password).status_code == 403
