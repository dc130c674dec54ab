"""The second factor: enrolled with a code, asked for after the password, taken away."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from doors.second_factors import begin_enrolment, confirm_enrolment, device_opened_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log_in")]

ASKED = "/admin/second-factor/"
NEW = "/admin/second-factor/new/"
MINE = "/admin/second-factor/mine/"
CODES = re.compile(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>")


@pytest.fixture
def ann() -> User:
    return User.objects.create_superuser("ann", password="p")


@pytest.fixture
def codes(ann: User) -> list[str]:
    """Recovery codes of Ann, who has enrolled."""
    device = begin_enrolment(user=ann)
    made = confirm_enrolment(device=device, code=code_of(device))
    assert made is not None
    _let_time_pass()
    return list(made)


@pytest.fixture
def typed(ann: User) -> Browser:
    """A browser in which Ann has typed her password, and nothing more."""
    browser = Browser()
    answer = browser.post("/admin/login/", {"username": "ann", "password": "p"})
    assert answer.status_code == 302
    return browser


def code_of(device: TOTPDevice) -> str:
    device.refresh_from_db()
    return f"{totp(device.bin_key, drift=device.drift):06d}"


def _let_time_pass() -> None:
    """The next code counts, and no earlier failure is waited for."""
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)


def test_a_password_does_where_no_second_factor_is_wanted(typed: Browser) -> None:
    assert typed.get("/admin/").status_code == 200


def test_whoever_enrolled_is_asked_before_anything_else(codes: list[str], typed: Browser) -> None:
    for path in ("/admin/", "/admin/doors/client/", MINE, NEW, "/admin/fraud/figures/"):
        answer = typed.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith(f"{ASKED}?next="), path
    assert typed.post("/admin/doors/client/add/", {"name": "x"})["Location"].startswith(ASKED)
    assert "Code of your authenticator" in typed.get(ASKED).content.decode()


def test_the_code_leads_to_what_was_asked_for(ann: User, codes: list[str], typed: Browser) -> None:
    code = code_of(TOTPDevice.objects.get())
    answer = typed.post(ASKED, {"code": code, "next": "/admin/doors/client/"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/doors/client/")
    assert typed.get("/admin/doors/client/").status_code == 200


def test_a_code_is_good_once_and_for_nobody_else(ann: User, codes: list[str]) -> None:
    device = TOTPDevice.objects.get()
    code = code_of(device)
    other = User.objects.create_superuser("ben")
    assert device_opened_by(user=other, code=code) is None
    assert device_opened_by(user=ann, code=code) == device
    assert device_opened_by(user=ann, code=code) is None


def test_a_wrong_code_opens_nothing_and_makes_the_next_one_wait(
    codes: list[str], typed: Browser
) -> None:
    answer = typed.post(ASKED, {"code": "000000"})
    assert "won&#x27;t do" in answer.content.decode()
    # Even the right one, for a second.
    assert typed.post(ASKED, {"code": code_of(TOTPDevice.objects.get())}).status_code == 200
    assert typed.get("/admin/").status_code == 302


def test_nobody_is_sent_to_another_site(codes: list[str], typed: Browser) -> None:
    code = code_of(TOTPDevice.objects.get())
    answer = typed.post(ASKED, {"code": code, "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/admin/"


def test_a_recovery_code_does_once_in_place_of_the_authenticator(
    ann: User, codes: list[str], typed: Browser
) -> None:
    written = codes[3].upper().replace("-", " ")
    assert typed.post(ASKED, {"code": written}).status_code == 302
    assert typed.get("/admin/").status_code == 200
    assert StaticToken.objects.count() == 9
    assert device_opened_by(user=ann, code=codes[3]) is None


def test_recovery_codes_are_kept_as_digests(codes: list[str]) -> None:
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == len(codes) == 10
    assert not kept & ({*codes} | {code.replace("-", "") for code in codes})


def test_enrolling_shows_a_qr_code_and_then_the_recovery_codes(ann: User, typed: Browser) -> None:
    assert "<svg" not in typed.get(NEW).content.decode()
    assert not TOTPDevice.objects.exists(), "looking makes no key"
    shown = typed.post(NEW, {"begin": "1"}, follow=True).content.decode()
    assert "<svg" in shown
    device = TOTPDevice.objects.get()
    assert not device.confirmed
    assert typed.post(NEW, {"code": "123"}).status_code == 200
    assert typed.get("/admin/").status_code == 200, "nothing is asked for yet"
    _let_time_pass()
    answer = typed.post(NEW, {"code": code_of(device)})
    assert len(CODES.findall(answer.content.decode())) == 10
    assert "no-store" in answer["Cache-Control"]
    assert typed.get("/admin/").status_code == 200
    assert typed.get(NEW)["Location"] == MINE


def test_whoever_has_none_must_enrol_where_it_is_required(
    settings: Any, ann: User, typed: Browser
) -> None:
    settings.ADMIN_SECOND_FACTOR = True
    for path in ("/admin/", "/admin/doors/client/", MINE):
        assert typed.get(path)["Location"].startswith(f"{NEW}?next="), path
    assert "<svg" in typed.post(NEW, {"begin": "1"}, follow=True).content.decode()
    assert typed.post("/admin/logout/").status_code == 200


@pytest.fixture
def verified(codes: list[str], typed: Browser) -> Browser:
    typed.post(ASKED, {"code": codes[0]})
    return typed


def test_recovery_codes_are_made_anew(ann: User, codes: list[str], verified: Browser) -> None:
    assert "<dd>9</dd>" in verified.get(MINE).content.decode()
    answer = verified.post(MINE, {"renew": "", "password": "p", "code": codes[2]})
    new = CODES.findall(answer.content.decode())
    assert len(new) == 10
    assert device_opened_by(user=ann, code=codes[1]) is None
    assert device_opened_by(user=ann, code=new[1]) is None, "a failure is waited for"


@pytest.mark.parametrize("way", ["code of the authenticator", "recovery code"])
def test_it_can_be_turned_off_and_all_of_it_is_gone(
    way: str, codes: list[str], verified: Browser
) -> None:
    code = codes[1] if way == "recovery code" else code_of(TOTPDevice.objects.get())
    assert verified.post(MINE, {"remove": "", "password": "p", "code": code}).status_code == 302
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
    assert verified.get("/admin/").status_code == 200


@pytest.mark.parametrize("wanted", ["remove", "renew"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"password": "p"},
        {"password": "p", "code": "000000"},
        {"password": "p", "code": "the code that was used to log in"},
        {"password": "q", "code": "a good one"},
        {"password": "", "code": "a good one"},
        {"code": "a good one"},
    ],
    ids=str,
)
def test_an_open_screen_is_not_enough_to_change_it(
    wanted: str, said: dict[str, str], codes: list[str], verified: Browser
) -> None:
    words = {"a good one": codes[1], "the code that was used to log in": codes[0]}
    sent = {name: words.get(value, value) for name, value in said.items()}
    answer = verified.post(MINE, {wanted: "", **sent})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert CODES.search(answer.content.decode()) is None
    assert TOTPDevice.objects.count() == 1
    # A good code that came with a wrong password is still good.
    assert StaticToken.objects.count() == 9


def test_passwords_that_are_guessed_there_lock_out_as_at_the_login(
    codes: list[str], verified: Browser
) -> None:
    for _ in range(5):
        verified.post(MINE, {"remove": "", "password": "q", "code": codes[1]})
    verified.post(MINE, {"remove": "", "password": "p", "code": codes[1]})
    assert TOTPDevice.objects.exists()


def test_a_superuser_takes_their_own_away_on_their_own_page_only(
    ann: User, codes: list[str], verified: Browser
) -> None:
    page = f"/admin/otp_totp/totpdevice/{TOTPDevice.objects.get().pk}/delete/"
    assert verified.post(page, {"post": "yes"}).status_code == 403
    assert TOTPDevice.objects.exists()


def test_a_superuser_takes_it_from_somebody_who_lost_it(
    codes: list[str], log_in: Any, typed: Browser
) -> None:
    device = TOTPDevice.objects.get()
    page = f"/admin/otp_totp/totpdevice/{device.pk}/delete/"
    viewer = log_in("otp_totp.view_totpdevice", "otp_totp.delete_totpdevice", name="ben")
    assert viewer.post(page, {"post": "yes"}).status_code == 403
    shown = viewer.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/").content.decode()
    assert device.key not in shown
    root = Browser()
    root.force_login(User.objects.create_superuser("root"))
    assert root.post(page, {"post": "yes"}).status_code == 302
    assert not StaticToken.objects.exists()
    assert typed.get("/admin/").status_code == 200


def test_another_sessions_password_is_not_enough_afterwards(
    codes: list[str], verified: Browser
) -> None:
    other = Browser()
    other.post("/admin/login/", {"username": "ann", "password": "p"})
    assert other.get("/admin/")["Location"].startswith(ASKED)
    assert verified.get("/admin/").status_code == 200


def test_the_api_asks_for_none(codes: list[str], typed: Browser) -> None:
    assert typed.get("/api/v1/program").status_code == 401
