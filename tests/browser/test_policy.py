"""No page breaks its own Content-Security-Policy or shows raw values, in a real browser."""

import re
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse

from doors.clients import register_client
from doors.sessions import seconds_left
from tests.browser import story
from tests.browser.conftest import LogIn

# Links of the side bar, and what stands on the pages behind them.
NAVIGATION = "#nav-sidebar a[href^='/admin/'], nav a[href^='/admin/'], aside a[href^='/admin/']"
FIRST_ROW = "#result_list tbody tr th a, #result_list tbody tr td a"


def test_every_page_of_the_admin_keeps_to_the_policy_and_speaks_to_people(
    log_in: LogIn, now: datetime
) -> None:
    story.tell(now)
    register_client(name="billing", scopes=["charges:write"])
    page = log_in("ann")
    User.objects.filter(username="ann").update(is_superuser=True)
    # It is a long walk, and the machine may have other work.
    page.set_default_timeout(60_000)
    page.goto("/admin/")
    seen = _addresses(page, NAVIGATION)
    assert len(seen) > 10
    more = ["/admin/auth/user/add/", "/admin/doors/client/add/", "/admin/password_change/",
            "/admin/django_celery_beat/periodictask/add/",
            "/admin/second-factor/new/", reverse("admin:loyalty_payout_credit")]  # fmt: skip
    for address in (*seen, *more):
        _visit(page, address)
        rows = _addresses(page, FIRST_ROW)[:1]
        for row in rows:
            _visit(page, row)
    # What a violation would have written to the console fails the test: see `log_in`.


def test_the_documentation_works_under_its_policy(log_in: LogIn) -> None:
    page = log_in("ann")
    page.goto("/api/v1/docs")
    page.wait_for_selector("text=Post a charge, and give the points that it earns")


def test_a_page_warns_before_the_session_ends_and_lets_it_last(log_in: LogIn) -> None:
    page = log_in("ann")
    User.objects.filter(username="ann").update(is_superuser=True)
    page.goto("/admin/auth/group/")
    _end_in(90)
    page.goto("/admin/doors/client/add/")
    # The page looks once by itself when it is there.
    page.wait_for_load_state("networkidle")
    # The page itself counted as activity; an hour of thinking is what the next line stands for.
    _end_in(90)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.fill("[name=name]", "a long form")
    page.click("text=Stay logged in")
    page.wait_for_selector(".session-bar", state="detached")
    assert _left() > 1_700

    _end_in(-1)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("text=What you typed on this page is still here")
    assert page.input_value("[name=name]") == "a long form"


def _visit(page: Any, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status < 400, address
    assert "Content-Security-Policy".lower() in answer.headers, address
    page.wait_for_load_state("networkidle")
    # Values as Python writes them are nothing for people.
    shown = page.inner_text("body")
    assert not re.search(r"\('\w*', |\bNone\b|datetime\(|\+00:00", shown), address


def _addresses(page: Any, selector: str) -> list[str]:
    found = page.eval_on_selector_all(selector, "all => all.map(a => a.getAttribute('href'))")
    return list(dict.fromkeys(address for address in found if address and "#" not in address))


def _sessions() -> Any:
    return [SessionStore(row.session_key) for row in Session.objects.all()]


def _end_in(seconds: int) -> None:
    for session in _sessions():
        ends = datetime.now(UTC).timestamp() + seconds
        session["active_at"] = ends - settings.SESSION_COOKIE_AGE
        session.save()


def _left() -> int:
    [session] = _sessions()
    return seconds_left(session, now=datetime.now(UTC))
