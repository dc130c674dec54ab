"""The audit trail in the admin: what was done, by whom, when, why; for those who may read it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from accounts.models import Identifier, Subscriber
from accounts.operations.read_personal_data import record_access
from audit.queries.trail import PAGE
from doors.translation import translated
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.set_standings import set_standings
from fraud.policy.marks import CLEARED
from fraud.policy.standings import NORMAL, WATCHED
from loyalty.models import GateChange, TermsVersion
from loyalty.operations.change_terms import draft_terms
from loyalty.policy.gate import SCREEN, Screening
from tests.admin.conftest import DEVICE, NOW, Asking, LogIn, digest, register
from trail.acting import acting

pytestmark = pytest.mark.django_db

CLEAR = Screening("clear", ())
TRAIL, EXPORT = reverse("audit-trail"), reverse("audit-trail-export")


def shown(answer: Any) -> str:
    """The page's text, without tags and in single spaces."""
    assert answer.status_code == 200
    body = answer.content.decode().split("<main")[-1] or answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def rows_of(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.context["rows"]
    return found


def labels(answer: Any) -> list[str]:
    return [row["label"] for row in rows_of(answer)]


@pytest.fixture
def auditor(log_in: LogIn) -> Browser:
    return log_in("audit.view_trail", name="auditor")


@pytest.mark.parametrize("address", [TRAIL, EXPORT])
def test_who_may_not_read_it_does_not(log_in: LogIn, address: str) -> None:
    stranger = log_in("accounts.view_subscriber")
    assert stranger.get(address).status_code == 403
    assert TRAIL not in stranger.get(reverse("admin:index")).content.decode()
    assert Browser().get(address).status_code == 302


@pytest.mark.usefixtures("log_in")
@pytest.mark.parametrize("role", ["Program manager", "Read only"])
def test_managers_and_readers_may_read_it(role: str) -> None:
    user = User.objects.create_user("zoe", password="p", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Browser()
    browser.force_login(user)
    assert browser.get(TRAIL).status_code == 200
    assert TRAIL in browser.get(reverse("admin:index")).content.decode()


def test_a_change_in_the_admin_is_told_with_who_where_and_which_request(
    manager: Browser, auditor: Browser
) -> None:
    role = Group.objects.create(name="Zoo keepers")
    manager.post(
        reverse("admin:auth_group_change", args=[role.pk]),
        {"name": "Lion tamers", "permissions": []},
        headers={"x-request-id": "req-77"},
    )
    [row] = rows_of(auditor.get(TRAIL, {"who": "manager"}))
    assert (row["who"], row["action"], row["label"]) == ("manager", "changed", "Lion tamers")
    assert row["where"] == reverse("admin:auth_group_change", args=[role.pk])
    assert row["request"] == "req-77"
    assert row["values"] == [("name", "Zoo keepers", "Lion tamers")]
    # The auditor may not open roles.
    assert row["address"] == ""


def test_who_was_given_which_role_is_told_with_the_user(manager: Browser, auditor: Browser) -> None:
    user = User.objects.create_user("zoe", password="p")
    with acting(by="ann"):
        user.groups.add(Group.objects.get(name="Program manager"))
    user.groups.clear()
    taken, given, *_ = rows_of(auditor.get(TRAIL, {"kind": "user"}))
    assert given["values"] == [("role", "", "Program manager")]
    assert taken["values"] == [("role", "Program manager", "")]
    assert given["label"] == taken["label"] == "zoe"
    linked = rows_of(manager.get(TRAIL, {"kind": "user"}))
    assert linked[0]["address"] == reverse("admin:auth_user_change", args=[user.pk])


def test_a_standing_set_in_the_admin_is_told_with_its_reason(
    manager: Browser, auditor: Browser, member: Subscriber
) -> None:
    said = {"subscriber": "S-1", "standing": "watched", "reason": "Odd device"}
    manager.post(reverse("admin:fraud_standing_set"), said)
    [row] = rows_of(auditor.get(TRAIL, {"kind": "standing"}))
    assert (row["who"], row["reason"], row["label"]) == ("manager", "Odd device", "S-1")


def test_steps_of_payouts_that_persons_took_stand_in_the_same_list(
    manager: Browser, auditor: Browser, credit: Asking
) -> None:
    payout = credit(screened=CLEAR, parts=3)
    address = reverse("admin:loyalty_payout_step", args=["freeze"])
    said = {"id": [str(payout.pk)], "reason": "Asked by the bank"}
    assert manager.post(address, said, follow=True).status_code == 200
    found = rows_of(auditor.get(TRAIL, {"kind": "payout"}))
    assert [(row["who"], row["action"], row["reason"]) for row in found] == [
        ("manager", "Frozen", "Asked by the bank")
    ]
    # That it was cleared was the screen's doing.
    assert GateChange.objects.filter(subject_id=str(payout.pk), step="clear").exists()


def test_what_the_screen_did_is_told_and_found_in_words(auditor: Browser) -> None:
    anna = register("S-9", "+79161234500")
    for standing, reason in ((WATCHED, "Fraud in case C-1."), (NORMAL, CLEARED)):
        set_standings(
            subscriber_ids=[anna.pk], standing=standing, reason=reason, by=SCREEN, now=NOW
        )
    for language, who in (("en", "the screen"), ("ru", "проверка")):
        headers = {"accept-language": language}
        found = auditor.get(TRAIL, {"kind": "standing", "who": who.upper()}, headers=headers)
        assert [row["who"] for row in rows_of(found)] == [who, who], language
        with translation.override(language):
            cleared = translated(CLEARED)
        assert rows_of(found)[0]["reason"] == cleared
        changed = [now for _, _, now in rows_of(found)[0]["values"]]
        assert cleared in changed, language


def test_a_persons_reason_is_told_as_it_was_written(auditor: Browser) -> None:
    anna = register("S-9", "+79161234500")
    # Also a sentence of ours is a person's, once a person wrote it.
    set_standings(subscriber_ids=[anna.pk], standing=WATCHED, reason=CLEARED, by="ann", now=NOW)
    [row] = rows_of(auditor.get(TRAIL, {"kind": "standing"}, headers={"accept-language": "ru"}))
    assert (row["who"], row["reason"]) == ("ann", CLEARED)


@pytest.mark.parametrize(("language", "kind"), [("en", "device"), ("ru", "устройство")])
def test_a_block_is_labelled_with_its_kind_in_words(
    auditor: Browser, language: str, kind: str
) -> None:
    register("S-9", "+79161234500", digest("device", DEVICE))
    [device] = Identifier.objects.filter(kind="device").values_list("pk", flat=True)
    block_identifiers(identifier_ids=[device], reason="r", source="s", by="eve", now=NOW)
    [row] = rows_of(auditor.get(TRAIL, {"kind": "block"}, headers={"accept-language": language}))
    assert row["label"].startswith(f"{kind} ")


def test_what_is_about_nobody_has_no_label(auditor: Browser) -> None:
    record_access(subscriber_id=None, what=["block list"], by="eve", reason="Export", now=NOW)
    [row] = rows_of(auditor.get(TRAIL, {"who": "eve"}))
    assert (row["who"], row["label"]) == ("eve", "")


def test_sql_by_hand_is_told_by_its_program_and_role(auditor: Browser) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE auth_group SET name = 'x' WHERE name = 'Read only'")
    [row] = rows_of(auditor.get(TRAIL, {"kind": "role", "words": "x", "action": "changed"}))
    program = connection.settings_dict["OPTIONS"]["application_name"]
    assert (row["who"], row["is_person"]) == (program, False)
    assert row["where"] == f"{program}, as {connection.settings_dict['USER']}"


def test_terms_differ_value_by_value(auditor: Browser) -> None:
    version = draft_terms(content={}, note="n", by="maker")
    TermsVersion.objects.filter(pk=version.pk).update(
        content={**version.content, "points_per_rouble": "2"}
    )
    [row] = rows_of(auditor.get(TRAIL, {"kind": "terms", "action": "changed"}))
    assert row["values"] == [("Points per rouble", "1", "2")]
    assert "Points per rouble 1 → 2" in shown(auditor.get(TRAIL, {"kind": "terms"}))


def test_every_filter_narrows(auditor: Browser) -> None:
    with acting(by="ann"):
        Group.objects.create(name="Lions")
    with acting(by="ben"):
        Group.objects.create(name="Tigers")
        Group.objects.filter(name="Lions").delete()
    assert labels(auditor.get(TRAIL, {"kind": "role"}))[:3] == ["Lions", "Tigers", "Lions"]
    assert labels(auditor.get(TRAIL, {"who": "ann"})) == ["Lions"]
    assert labels(auditor.get(TRAIL, {"who": "ann", "kind": "case"})) == []
    assert labels(auditor.get(TRAIL, {"who": "ben", "action": "removed"})) == ["Lions"]
    assert labels(auditor.get(TRAIL, {"words": "tig"})) == ["Tigers"]
    # What an auditor types is no pattern.
    assert labels(auditor.get(TRAIL, {"words": "T%s"})) == []


def test_days_are_those_of_the_program(auditor: Browser) -> None:
    with acting(by="ann"):
        Group.objects.create(name="Lions")
    moscow = datetime.now(UTC) + timedelta(hours=3)
    day, next_day = str(moscow.date()), str(moscow.date() + timedelta(days=1))
    before = str(moscow.date() - timedelta(days=1))
    assert labels(auditor.get(TRAIL, {"who": "ann", "since": day, "upto": day})) == ["Lions"]
    assert labels(auditor.get(TRAIL, {"who": "ann", "since": next_day})) == []
    assert labels(auditor.get(TRAIL, {"who": "ann", "upto": before})) == []
    turned = auditor.get(TRAIL, {"since": next_day, "upto": day})
    assert "It ends before it begins." in turned.content.decode()


@pytest.mark.parametrize(
    "asked",
    [{"kind": "dream"}, {"since": "x"}, {"after": "x"}, {"after": "2026-01-01T00:00:00Z~\0~1"},
     {"words": "\0"}, {"after": f"2026-01-01T00:00:00Z~t~{10**30}"}],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_error(auditor: Browser, asked: dict[str, str]) -> None:
    assert auditor.get(TRAIL, asked).status_code == 200
    assert auditor.get(EXPORT, asked).status_code == 200


def test_pages_follow_each_other_without_gaps(auditor: Browser) -> None:
    with acting(by="ann"):
        # In one statement, and so at almost one moment.
        Group.objects.bulk_create([Group(name=f"g{n:03}") for n in range(2 * PAGE + 5)])
    address, found = f"{TRAIL}?who=ann", []
    for _ in range(3):
        answer = auditor.get(address)
        found += labels(answer)
        address = TRAIL + answer.context["older"]
    assert answer.context["older"] == ""
    assert found == [f"g{n:03}" for n in reversed(range(2 * PAGE + 5))]


def test_the_file_holds_all_of_what_was_asked_for(auditor: Browser) -> None:
    with acting(by="ann", reason="=HYPERLINK(1)"):
        Group.objects.bulk_create([Group(name=f"g{n}") for n in range(PAGE + 5)])
    with acting(by="ben"):
        Group.objects.create(name="other")
    answer = auditor.get(EXPORT, {"who": "ann"})
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    lines = list(csv.DictReader(io.StringIO(body)))
    assert len(lines) == PAGE + 5
    assert {line["who"] for line in lines} == {"ann"}
    assert {line["reason"] for line in lines} == {"'=HYPERLINK(1)"}
    assert lines[0]["change"] == f"name:  → g{PAGE + 4}"


def test_an_object_leads_to_its_own_history(manager: Browser) -> None:
    user = User.objects.create_user("zoe", password="p")
    page = manager.get(reverse("admin:auth_user_change", args=[user.pk]))
    history = reverse("admin:auth_user_history", args=[user.pk])
    assert history in page.content.decode()
    answer = manager.get(history, follow=True)
    assert answer.redirect_chain[-1][0] == f"{TRAIL}?kind=user&object={user.pk}"
    assert labels(answer) == ["zoe"]
    assert "The history of User zoe." in shown(answer)


def test_terms_lead_to_their_history(manager: Browser) -> None:
    page = manager.get(reverse("admin:loyalty_termsversion_change", args=[1]))
    assert f"{TRAIL}?kind=terms&amp;object=1" in page.content.decode()


def test_without_the_permission_no_page_leads_there(log_in: LogIn) -> None:
    user = User.objects.create_user("zoe", password="p")
    browser = log_in("auth.view_user", "loyalty.view_termsversion")
    page = browser.get(reverse("admin:auth_user_change", args=[user.pk])).content.decode()
    history = reverse("admin:auth_user_history", args=[user.pk])
    assert history not in page
    assert browser.get(history, follow=True).status_code == 403
    terms = browser.get(reverse("admin:loyalty_termsversion_change", args=[1]))
    assert TRAIL not in terms.content.decode()


def test_a_page_costs_the_same_however_much_there_is(
    auditor: Browser, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with acting(by="ann"):
        Group.objects.bulk_create([Group(name=f"g{n}") for n in range(3 * PAGE)])
    auditor.get(TRAIL)
    with django_assert_max_num_queries(6):
        assert len(rows_of(auditor.get(TRAIL))) == PAGE
