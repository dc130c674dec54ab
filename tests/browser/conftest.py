"""Debian's Chromium, without a screen, in front of a server that runs in this process."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client

from doors.models import Client as ApiClient

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
LogIn = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """One browser for all; each person gets a profile of their own."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs Debian's Chromium: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as running:
        # The browser's client keeps an event loop in this thread, which the ORM would mind.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configured, "STATIC_ROOT", tmp_path_factory.mktemp("static"))
        yield


@pytest.fixture
def now() -> datetime:
    """The real moment: the server reads its own clock."""
    return datetime.now(UTC)


@pytest.fixture
def site(chromium: Any, static_root: None, committed: None, request: Any) -> Iterator[str]:
    """The address of the server."""
    # Only now: the server looks for the static files as soon as it starts.
    yield request.getfixturevalue("live_server").url
    Session.objects.all().delete()
    User.objects.all().delete()
    ApiClient.objects.all().delete()


@pytest.fixture
def log_in(site: str, chromium: Any) -> Iterator[LogIn]:
    """Return a page of somebody in a role; whatever goes wrong in it fails the test."""
    faults: list[str] = []
    contexts = []

    def somebody(name: str, role: str = "Fraud analyst", **options: Any) -> Any:
        user = User.objects.create_user(name, password="p", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        context = chromium.new_context(
            base_url=site, **{"viewport": {"width": 1440, "height": 900}, **options}
        )
        key = configured.SESSION_COOKIE_NAME
        context.add_cookies([{"name": key, "value": client.cookies[key].value, "url": site}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: _note(faults, said))
        return page

    yield somebody
    for context in contexts:
        context.close()
    assert faults == []


def _note(faults: list[str], said: Any) -> None:
    if said.type == "error" and "favicon" not in said.location.get("url", ""):
        faults.append(f"{said.text} ({said.location.get('url')})")
