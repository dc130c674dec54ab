"""What browsers are told, on each kind of page."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client as Browser

from doors.headers import DOCS_POLICY, MACHINE_POLICY, PEOPLE_POLICY

pytestmark = pytest.mark.django_db

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PAGES = [
    ("/api/v1/program", MACHINE_POLICY),
    ("/api/v1/nothing", MACHINE_POLICY),
    ("/api/v1/schema", MACHINE_POLICY),
    ("/api/v1/docs", DOCS_POLICY),
    ("/api/v1/docs?script=", DOCS_POLICY),
    ("/oauth/token", MACHINE_POLICY),
    ("/problems", MACHINE_POLICY),
    ("/admin/login/", PEOPLE_POLICY),
    ("/admin/", PEOPLE_POLICY),
    ("/admin/session/", PEOPLE_POLICY),
    ("/nothing", PEOPLE_POLICY),
    ("/static/robots.txt", PEOPLE_POLICY),
]


@pytest.mark.parametrize(("path", "policy"), PAGES)
@pytest.mark.parametrize("logged_in", [False, True])
def test_every_page_says_what_it_may_load(
    browser: Browser, path: str, policy: str, logged_in: bool
) -> None:
    if logged_in:
        browser.force_login(User.objects.create_superuser("manager"))
    headers = browser.get(path).headers
    assert headers["Content-Security-Policy"] == policy
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "camera=()" in headers["Permissions-Policy"]


def test_what_may_be_personal_is_stored_nowhere(browser: Browser) -> None:
    assert browser.get("/api/v1/program")["Cache-Control"] == "no-store"
    assert "no-store" in browser.get("/admin/login/")["Cache-Control"]


@pytest.mark.parametrize("policy", [MACHINE_POLICY, PEOPLE_POLICY, DOCS_POLICY])
def test_nothing_is_loaded_unless_it_is_named_and_no_script_from_a_page(policy: str) -> None:
    said = dict(part.split(" ", 1) for part in policy.split("; "))
    assert said["default-src"] == "'none'"
    assert said["frame-ancestors"] == said["base-uri"] == "'none'"
    assert "unsafe-inline" not in said.get("script-src", "")
    assert ("unsafe-eval" in policy) == (policy == PEOPLE_POLICY)


def test_a_failure_of_ours_says_it_too(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("doors.api.documents.catalogue", broken)
    response = browser.get("/problems")
    assert response.status_code == 500
    assert response["Content-Security-Policy"] == MACHINE_POLICY


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(browser: Browser) -> None:
    browser.force_login(User.objects.create_superuser("manager"))
    browser.get("/admin/")
    session = browser.cookies[settings.SESSION_COOKIE_NAME]
    token = browser.get("/admin/login/") and browser.cookies.get(settings.CSRF_COOKIE_NAME)
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert token is None or (token["httponly"], token["samesite"]) == (True, "Strict")
    assert settings.CSRF_COOKIE_HTTPONLY


def test_https_is_remembered_and_cookies_travel_by_it_alone(
    browser: Browser, settings: Any
) -> None:
    # What config.settings says of HTTPS, which is off while tests run; `make lint` checks that
    # the one follows from the other (check --deploy).
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SESSION_COOKIE_SECURE = True
    response = Browser().get("/admin/login/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
