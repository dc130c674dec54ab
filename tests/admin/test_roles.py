"""The roles that come with the installation can do what docs/roles.md says, and nothing else."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client as Browser
from django.urls import reverse

from tests.admin.conftest import LogIn

pytestmark = pytest.mark.django_db

ROLES = (
    "Read only",
    "Fraud analyst",
    "Senior fraud analyst",
    "Program manager",
    "Data protection officer",
)
LISTS = {
    f"{model._meta.app_label}.{model._meta.model_name}": reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    )
    for model in admin.site._registry
}


def allowed(role: str) -> set[str]:
    found = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in found}


def documented() -> dict[str, set[str]]:
    """By permission, the roles that have it, as the table says."""
    text = (Path(settings.BASE_DIR) / "docs" / "roles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \|[^|]*\|(.+)\|$", text, re.MULTILINE)
    return {
        name: {
            role
            for role, cell in zip(ROLES, cells.split("|"), strict=True)
            if cell.strip() == "yes"
        }
        for name, cells in rows
    }


def as_role(role: str) -> Browser:
    user = User.objects.create_user(role.replace(" ", "-"), password="p", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_exactly_what_is_documented(role: str) -> None:
    said = documented()
    assert allowed(role) == {name for name, roles in said.items() if role in roles}


@pytest.mark.usefixtures("log_in")
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_exactly_the_lists_that_it_may_view(role: str) -> None:
    browser, may = as_role(role), allowed(role)
    for model, address in LISTS.items():
        app, _, name = model.partition(".")
        expected = 200 if f"{app}.view_{name}" in may else 403
        # Whoever may change terms, sees them; Django's own rule.
        if f"{app}.change_{name}" in may:
            expected = 200
        assert browser.get(address).status_code == expected, model


def test_nobody_who_decides_asks_for_credits_too() -> None:
    for role in ROLES:
        assert not {"fraud.decide_case", "loyalty.grant_payout"} <= allowed(role)


def test_a_role_is_no_superuser(log_in: LogIn) -> None:
    for role in ROLES:
        browser = as_role(role)
        assert browser.get(reverse("admin:auth_group_changelist")).status_code == 403
