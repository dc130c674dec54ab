"""Failed logins lock out, and sessions end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from django.test import Client as Browser

from doors.sessions import has_ended, note_activity, seconds_left

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log_in")]

LOGIN = "/admin/login/"


@pytest.fixture
def ann() -> User:
    return User.objects.create_superuser("ann", password="p")


def attempt(password: str, name: str = "ann", **meta: Any) -> Any:
    return Browser().post(LOGIN, {"username": name, "password": password}, **meta)


def test_five_failures_lock_out_and_the_page_says_so(ann: User) -> None:
    statuses = [attempt("wrong").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    locked = attempt("p")
    assert locked.status_code == 429
    text = locked.content.decode()
    assert "Too many failed logins" in text
    assert "Try again in 15 minutes" in text


def test_from_elsewhere_the_person_still_gets_in(ann: User) -> None:
    for _ in range(6):
        attempt("wrong", REMOTE_ADDR="203.0.113.9")
    assert attempt("p", REMOTE_ADDR="203.0.113.9").status_code == 429
    assert attempt("p", REMOTE_ADDR="203.0.113.10").status_code == 302


def test_behind_a_proxy_the_clients_address_counts(ann: User, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    proxied = {"REMOTE_ADDR": "10.0.0.1"}
    for _ in range(5):
        attempt("wrong", HTTP_X_FORWARDED_FOR="203.0.113.9", **proxied)
    assert attempt("p", HTTP_X_FORWARDED_FOR="203.0.113.9", **proxied).status_code == 429
    assert attempt("p", HTTP_X_FORWARDED_FOR="203.0.113.10", **proxied).status_code == 302


def test_it_ends_after_a_quarter_of_an_hour_whatever_is_tried(ann: User) -> None:
    for _ in range(8):
        attempt("wrong")
    AccessAttempt.objects.update(attempt_time=datetime.now(UTC) - timedelta(minutes=15, seconds=1))
    assert attempt("p").status_code == 302


def test_a_login_forgives_earlier_failures(ann: User) -> None:
    for _ in range(4):
        attempt("wrong")
    assert attempt("p").status_code == 302
    assert not AccessAttempt.objects.exists()


NAMES = {
    "256 letters": "a" * 256,
    "20,000 letters": "a" * 20_000,
    "letters that become many": "\ufdfa" * 150,
    "NUL": "ann\x00",
    "emoji": "\U0001f600" * 151,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_no_name_breaks_the_login(ann: User, name: str) -> None:
    for _ in range(6):
        page = attempt("wrong", name)
        assert page.status_code == 200
        assert "errornote" in page.content.decode() or "Please" in page.content.decode()
    assert attempt("p").status_code == 302


def test_a_login_larger_than_any_is_not_received(ann: User) -> None:
    assert attempt("wrong", "a" * 100_000).status_code == 413
    assert attempt("p").status_code == 302


def test_a_name_of_bytes_that_are_no_text_is_wrong(ann: User) -> None:
    form = b"username=%ED%A0%80%00%ff&password=p"
    kind = "application/x-www-form-urlencoded"
    assert Browser().generic("POST", LOGIN, form, kind).status_code == 200


@pytest.mark.parametrize("name", [name for name in NAMES.values() if name.isprintable()])
def test_a_failure_elsewhere_is_counted_under_any_name(rf: Any, name: str) -> None:
    authenticate(rf.post("/"), username=name, password="wrong")
    assert AccessAttempt.objects.get().failures_since_start == 1


@pytest.mark.parametrize("session", ['"\\000aaaaaaaaaa"', '"aaaaaaaaaa\\000"', "a" * 5000])
def test_no_session_breaks_a_page(session: str) -> None:
    answer = Browser(headers={"cookie": f"sessionid={session}"}).get("/admin/")
    assert answer.status_code in (302, 400)


def test_a_superuser_lets_in_at_once_and_nobody_else(ann: User, log_in: Any) -> None:
    for _ in range(5):
        attempt("wrong")
    page = f"/admin/axes/accessattempt/{AccessAttempt.objects.get().pk}/delete/"
    viewer = log_in("axes.view_accessattempt", "axes.delete_accessattempt", name="ben")
    assert "locked out" in viewer.get("/admin/axes/accessattempt/").content.decode()
    assert viewer.post(page, {"post": "yes"}).status_code == 403
    root = Browser()
    root.force_login(User.objects.create_superuser("root"))
    assert root.post(page, {"post": "yes"}).status_code == 302
    assert attempt("p").status_code == 302


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def session_at(**noted: datetime) -> Any:
    return {name: moment.timestamp() for name, moment in noted.items()}


def test_an_idle_session_ends_after_half_an_hour() -> None:
    session = session_at(began_at=NOW, active_at=NOW)
    assert not has_ended(session, now=NOW + timedelta(minutes=29, seconds=59))
    assert has_ended(session, now=NOW + timedelta(minutes=30))


def test_a_busy_session_ends_after_twelve_hours() -> None:
    latest = NOW + timedelta(hours=11, minutes=59)
    session = session_at(began_at=NOW, active_at=latest)
    assert seconds_left(session, now=latest) == 60
    assert has_ended(session, now=NOW + timedelta(hours=12))


def test_activity_is_noted_once_a_minute_and_the_beginning_once() -> None:
    session: Any = {}
    note_activity(session, now=NOW)
    noted = dict(session)
    note_activity(session, now=NOW + timedelta(seconds=59))
    assert session == noted
    note_activity(session, now=NOW + timedelta(seconds=61))
    assert session["began_at"] == noted["began_at"]
    assert session["active_at"] == noted["active_at"] + 61


@pytest.fixture
def inside(ann: User) -> Browser:
    browser = Browser()
    browser.force_login(ann)
    assert browser.get("/admin/").status_code == 200
    return browser


def age(browser: Browser, **ago: timedelta) -> None:
    session = browser.session
    for name, delta in ago.items():
        session[name] = (datetime.now(UTC) - delta).timestamp()
    session.save()


def test_whoever_was_idle_logs_in_again_and_comes_back(inside: Browser) -> None:
    age(inside, active_at=timedelta(minutes=31))
    answer = inside.get("/admin/doors/client/")
    assert answer["Location"] == "/admin/login/?next=/admin/doors/client/"
    assert inside.get("/admin/").status_code == 302


def test_the_longest_day_ends(inside: Browser) -> None:
    age(inside, began_at=timedelta(hours=12, seconds=1))
    assert inside.get("/admin/").status_code == 302


def test_a_page_asks_how_long_without_prolonging_it(inside: Browser) -> None:
    age(inside, active_at=timedelta(minutes=28))
    assert 115 <= inside.get("/admin/session/").json()["seconds_left"] <= 120
    assert inside.get("/admin/session/").json()["seconds_left"] <= 120
    assert inside.post("/admin/session/").json()["seconds_left"] > 1_700


def test_a_page_hears_that_its_session_has_ended(inside: Browser) -> None:
    age(inside, active_at=timedelta(minutes=31))
    answer = inside.get("/admin/session/")
    assert (answer.status_code, answer.json()["seconds_left"]) == (200, 0)
    assert inside.get("/admin/").status_code == 302


def test_nobody_has_nothing_left() -> None:
    assert Browser().get("/admin/session/").json()["seconds_left"] == 0


def test_passwords_are_hashed_by_argon2(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    assert identify_hasher(make_password("p")).algorithm == "argon2"
