"""Members are active subscribers, told by tier; whoever is suspended or has left is told apart."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from loyalty.models import Wallet
from tests.admin.conftest import LogIn
from tests.factories import post, register

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def members(browser: Browser) -> dict[str, str]:
    cache.clear()
    groups = browser.get(reverse("admin:index")).context["figure_groups"]
    [figures] = [figures for title, figures in groups if str(title) == "Members"]
    return {str(figure.name): figure.value for figure in figures}


def listed(browser: Browser) -> dict[str, int]:
    groups = browser.get(reverse("admin:index")).context["figure_groups"]
    [figures] = [figures for title, figures in groups if str(title) == "Members"]
    return {
        str(figure.name): browser.get(figure.link).context["cl"].result_count for figure in figures
    }


def test_only_active_subscribers_are_members(log_in: LogIn, now: datetime) -> None:
    for name, tier, status in (
        ("gold", "gold", "active"),
        ("gold-closed", "gold", "closed"),
        ("gold-suspended", "gold", "suspended"),
        ("bronze", "bronze", "active"),
        ("bronze-closed", "bronze", "closed"),
    ):
        register(name, now=now - 9 * DAY)
        post(f"bill-{name}", name, amount_minor=100_000, occurred_at=now - DAY, now=now - DAY)
        Wallet.objects.filter(subscriber__external_id=name).update(tier=tier)
        if status != "active":
            register(name, status=status, now=now)
    register("new", now=now)
    browser = log_in("accounts.view_subscriber")
    found = members(browser)
    assert found == {
        "Members": "3", "Bronze": "1", "Silver": "0", "Gold": "1", "No wallet yet": "1",
        "Suspended": "1", "Closed": "2",
    }  # fmt: skip
    assert {name: str(number) for name, number in listed(browser).items()} == found


def test_an_empty_program_is_told_so(log_in: LogIn) -> None:
    browser = log_in("accounts.view_subscriber")
    cache.clear()
    assert browser.get(reverse("admin:index")).context["is_empty"]
