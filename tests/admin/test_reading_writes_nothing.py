"""Whatever is only looked at stays as it was: every address of the admin and of the API."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from imports.models import Import
from loyalty.models import Payout, Redemption
from outbox.models import Endpoint
from referrals.models import Referral
from tests.admin.conftest import _browser_of
from tests.browsing import Bearer
from tests.factories import register
from tests.population import populate

pytestmark = pytest.mark.django_db

# What a reading may write, and why.
ALLOWED = {
    "django_session": "when somebody was active last; a session ends without that",
    "doors_allowance": "how many requests a client has made, which its limit counts",
    "accounts_personalaccess": "who looked at personal data: the look itself is what is kept",
    "doors_export": "who took a file out: the trace is what is wanted",
    "referrals_referralcode": "a code is drawn when it is first asked for, and stays",
}
# Of the current transaction, by triggers and by cursors of the ledger's own too.
WRITTEN = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
SLUGS = {
    "outbox/endpoint": ("disable", "enable", "test", "secret", "remove"),
    "loyalty/payout": ("clear", "refuse", "freeze", "unfreeze", "claw_back"),
    "loyalty/redemption": ("clear", "decline"),
    "fraud/case": ("freeze", "unfreeze", "snooze", "escalate", "hints"),
    "accounts/subscriber": ("hints", "names", "export", "erase"),
}


def written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return dict(cursor.fetchall())


def routes() -> list[str]:
    def below(patterns: Any, before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from below(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern) and "^" not in route and "$" not in route:
                yield route

    return list(below(get_resolver().url_patterns, ""))


def addresses_of_the_admin(route: str) -> list[str]:
    """The route with the keys of rows of its own model; each of its slugs once."""
    names = [name for _, name in PARAMETER.findall(route)]
    if not names:
        return [f"/{route}"]
    parts = route.split("/")
    model: Any = apps.get_model(parts[1], parts[2]) if parts[1] != "r" else User
    slugs = SLUGS.get("/".join(parts[1:3]), ("x",)) if {"name", "step"} & set(names) else ("",)
    keys = model._default_manager.order_by("pk").values_list("pk", flat=True)[:8]
    if "referral_id" in names:
        keys = Referral.objects.values_list("referral_id", flat=True)[:1]
    said: list[str] = []
    for key in keys:
        for slug in slugs:

            def filled(found: re.Match[str], key: Any = key, slug: str = slug) -> str:
                return slug if found[2] in ("name", "step") else str(key)

            said.append("/" + PARAMETER.sub(filled, route))
    return said


def filled_for_machines(route: str) -> str:
    known = {
        "subscriber_id": "olga",
        "charge_id": "olga-bill-0",
        "redemption_id": Redemption.objects.earliest("pk").redemption_id,
        "payout_id": str(Payout.objects.earliest("pk").pk),
        "referral_id": "olga-ref",
        "case_id": "1",
        "import_id": Import.objects.get().import_id,
        "webhook_id": Endpoint.objects.get().webhook_id,
        "slug": "x",
    }
    return "/" + PARAMETER.sub(lambda found: known.get(found[2], "x"), route)


def changed_by(browser: Browser, address: str, **headers: str) -> tuple[int, dict[str, int]]:
    before = written()
    answer = browser.get(address, headers=headers)
    if answer.streaming:
        b"".join(answer)
    after = written()
    differs = {
        table: number - before.get(table, 0)
        for table, number in after.items()
        if number != before.get(table, 0) and table not in ALLOWED
    }
    return answer.status_code, differs


@pytest.fixture
def everything(log_in: Any) -> None:
    populate(datetime.now(UTC))


@pytest.mark.usefixtures("everything")
def test_no_page_of_the_admin_writes_anything() -> None:
    browser = _browser_of(User.objects.create_superuser("root", password="p"))
    found, seen = {}, 0
    for route in routes():
        # Whoever has logged out looks at nothing more.
        if not route.startswith("admin/") or "logout" in route:
            continue
        for address in addresses_of_the_admin(route):
            status, differs = changed_by(browser, address)
            seen += status == 200
            if differs or status >= 500:
                found[address] = status, differs
    assert found == {}
    assert seen > 150


@pytest.mark.usefixtures("everything")
def test_no_reading_over_the_api_writes_anything(bearer: Bearer) -> None:
    token, browser = bearer(), Browser()
    found, seen = {}, 0
    for route in routes():
        if route.startswith("admin/"):
            continue
        address = filled_for_machines(route)
        status, differs = changed_by(browser, address, authorization=token)
        seen += status == 200
        if differs or status >= 500:
            found[address] = status, differs
    assert found == {}
    assert seen > 15


def test_the_witness_sees_what_is_written() -> None:
    before = written()
    register("x", now=datetime.now(UTC))
    assert written()["accounts_subscriber"] > before.get("accounts_subscriber", 0)
