"""API clients get a secret that is shown once, and tokens are never shown."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from doors.models import Client, ClientGroup
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
    manager.post(page_of(billing, "doors_client_secret"), {"present": "24"})
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
    secret = secret_in(manager.post(address, {"present": "0"}).content)
    changed = Client.objects.get()
    assert check_password(secret, changed.client_secret)
    assert (changed.previous_secret, changed.previous_until) == ("", None)
    assert changed.client_id == billing.client_id
    assert changed.scopes == billing.scopes


def test_a_new_secret_beside_the_old_one_is_told_and_ended(
    manager: Browser, billing: Client
) -> None:
    page, end = page_of(billing), page_of(billing, "doors_client_former_secret")
    assert end not in manager.get(page).content.decode()
    manager.post(page_of(billing, "doors_client_secret"), {"present": "24"})
    rotated = Client.objects.get()
    assert rotated.previous_secret == billing.client_secret
    shown = manager.get(page).content.decode()
    assert "works until" in shown
    assert end in shown
    assert manager.get(end).status_code == 200
    assert Client.objects.get().previous_secret
    manager.post(end)
    assert Client.objects.get().previous_secret == ""
    assert end not in manager.get(page).content.decode()


@pytest.mark.parametrize("present", ["", "-1", "100000", "x"])
def test_a_secret_is_not_kept_for_a_time_that_was_not_offered(
    manager: Browser, billing: Client, present: str
) -> None:
    answer = manager.post(page_of(billing, "doors_client_secret"), {"present": present})
    assert SECRET.search(answer.content.decode()) is None
    assert Client.objects.get().client_secret == billing.client_secret


def test_a_reader_ends_no_secret(log_in: LogIn, manager: Browser, billing: Client) -> None:
    manager.post(page_of(billing, "doors_client_secret"), {"present": "24"})
    log_in("doors.view_client").post(page_of(billing, "doors_client_former_secret"))
    assert Client.objects.get().previous_secret


def test_a_group_is_made_changed_and_told(manager: Browser, billing: Client) -> None:
    manager.post(ADD, {"name": "crm", "scopes": []})
    crm = Client.objects.get(name="crm")
    said = {"name": "Billing and CRM", "kinds": ["redemptions"], "clients": [billing.pk, crm.pk]}
    manager.post(reverse("admin:doors_clientgroup_add"), said)
    group = ClientGroup.objects.get()
    assert set(group.clients.all()) == {billing, crm}
    assert group.kinds == ["redemptions"]
    assert "Billing and CRM" in manager.get(page_of(billing)).content.decode()
    # The client's own page leaves it where it is.
    manager.post(page_of(billing), {"scopes": ["charges:write"], "is_enabled": "on"})
    assert Client.objects.get(name="billing").group == group
    change = reverse("admin:doors_clientgroup_change", args=[group.pk])
    manager.post(change, {**said, "kinds": ["webhooks", "imports"], "clients": [crm.pk]})
    group.refresh_from_db()
    assert (group.kinds, list(group.clients.all())) == (["imports", "webhooks"], [crm])
    shown = manager.get(reverse("admin:doors_clientgroup_changelist")).content.decode()
    assert "Imports and their errors" in shown


@pytest.mark.parametrize("kinds", [[], ["subscribers"]])
def test_a_group_shares_something_that_is_owned(manager: Browser, kinds: list[str]) -> None:
    manager.post(reverse("admin:doors_clientgroup_add"), {"name": "x", "kinds": kinds})
    assert not ClientGroup.objects.exists()


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
