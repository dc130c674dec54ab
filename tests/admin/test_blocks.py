"""The block list, standings and silenced rules in the admin."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Identifier, Subscriber
from audit.queries.trail import Asked, deeds
from fraud.models import BlockedIdentifier, RuleSnooze, SubscriberStanding
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.screen import screen
from loyalty.policy.gate import Subject
from tests.admin.conftest import LogIn, sentences_of
from tests.books import dump
from tests.factories import digest, register

pytestmark = pytest.mark.django_db

LIST = reverse("admin:fraud_blockedidentifier_changelist")
ADD, FILE = reverse("admin:fraud_block"), reverse("admin:fraud_block_import")
EXPORT = reverse("admin:fraud_block_export")
SET = reverse("admin:fraud_standing_set")
SNOOZES = reverse("admin:fraud_rulesnooze_changelist")
VIEW = "fraud.view_blockedidentifier"
MAY = (VIEW, "fraud.add_blockedidentifier", "fraud.change_blockedidentifier")
NOW = datetime.now(UTC)
HEADER = "kind,value,reason,expires_at"


@pytest.fixture
def sue(log_in: LogIn) -> Browser:
    return log_in(*MAY, name="sue")


def blocked(value: str = "dev-1", **said: Any) -> BlockedIdentifier:
    register("owner", identifiers=[digest("device", value)], now=NOW - timedelta(days=1))
    found = Identifier.objects.get(kind="device")
    block_identifiers(
        identifier_ids=[found.pk],
        reason="Emulator.",
        source="test",
        by="eve",
        now=NOW - timedelta(hours=1),
        **said,
    )
    return BlockedIdentifier.objects.get()


def unchanged(browser: Browser, address: str, said: dict[str, Any]) -> Any:
    before = dump()
    answer = browser.post(address, said, follow=True)
    assert dump() == before
    return answer


def sent(browser: Browser, *lines: str) -> Any:
    file = SimpleUploadedFile("list.csv", "\n".join(lines).encode(), content_type="text/csv")
    return browser.post(FILE, {"file": file}, follow=True)


def test_a_value_is_blocked_by_its_digest_in_any_notation(sue: Browser) -> None:
    said = {"kind": "email", "value": " Anna@Example.ORG ", "reason": "Known fraud."}
    answer = sue.post(ADD, said, follow=True)
    assert sentences_of(answer) == ["1 identifier is blocked."]
    block = BlockedIdentifier.objects.get()
    # All addresses of the mailbox are blocked with it.
    assert bytes(block.identifier.digest) == digest("mailbox", "anna@example.org").digest
    assert (block.source, block.blocked_by, block.expires_at) == ("by hand", "sue", None)
    assert "example" not in answer.content.decode().lower()
    again = sue.post(ADD, said, follow=True)
    assert sentences_of(again)[-1] == "1 was on the list already and stays as it is."
    assert BlockedIdentifier.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "face"}, "kind"),
        ({"kind": "ip", "value": "nowhere"}, "value"),
        ({"value": " "}, "value"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"expires_at": "2001-01-01T00:00"}, "__all__"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
def test_what_cannot_be_blocked_is_shown_again(
    sue: Browser, changes: dict[str, str], field: str
) -> None:
    said = {"kind": "device", "value": "dev-1", "reason": "x", **changes}
    answer = unchanged(sue, ADD, said)
    assert answer.context["form"].errors[field]


UNBLOCKABLE = [
    ("device", "NO_IMEI", "it would block strangers"),
    ("device", "00000000-0000-0000-0000-000000000000", "it would block strangers"),
    ("ip", "192.168.0.1", "it would block strangers"),
    ("email", "none@none", "it would block strangers"),
    ("address", "Москва", "it would block strangers"),
    ("card", "4111 1111 1111 1111", "payment provider's fingerprint"),
    ("card", "411111******1111", "payment provider's fingerprint"),
    ("phone", "+7916123XXXX", "digits, separators"),
    ("phone", "916123456", "a phone number of the operator's country"),
]


@pytest.mark.parametrize(("kind", "value", "sentence"), UNBLOCKABLE)
def test_what_names_nobody_or_may_not_be_kept_is_not_blocked(
    sue: Browser, kind: str, value: str, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = unchanged(sue, ADD, {"kind": kind, "value": value, "reason": "x"})
    assert sentence in answer.context["form"].errors["value"][0]
    assert kind != "card" or value not in answer.content.decode()
    before = dump()
    answer = sent(sue, HEADER, f"{kind},{value},Stolen.,")
    assert dump() == before
    [error] = answer.context["row_errors"]
    assert (error.line, error.column) == (2, "value")
    assert sentence in error.words
    assert value not in answer.content.decode()
    assert value not in caplog.text


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("35-209900-176148-1", "3520990017614803", "device"),
        ("{6F9619FF-8B86-D011-B42D-00CF4FC964FF}", "6f9619ff8b86d011b42d00cf4fc964ff", "device"),
        ("2001:db8::1", "2001:db8::2", "ip"),
        ("ann.smith@gmail.com", "AnnSmith+x@googlemail.com", "email"),
        ("4510 123456", "45 10 №123456", "passport"),
    ],
)
def test_another_spelling_is_on_the_list_already(
    sue: Browser, one: str, other: str, kind: str
) -> None:
    sue.post(ADD, {"kind": kind, "value": one, "reason": "x"}, follow=True)
    answer = sue.post(ADD, {"kind": kind, "value": other, "reason": "x"}, follow=True)
    assert sentences_of(answer)[-1] == "1 was on the list already and stays as it is."
    assert BlockedIdentifier.objects.count() == 1


def test_a_block_is_lifted(sue: Browser) -> None:
    block = blocked()
    asked = {"action": "lift", "_selected_action": [block.pk]}
    assert "Lift blocks" in unchanged(sue, LIST, asked).content.decode()
    for reason in ("", " ", "x" * 501):
        answer = unchanged(sue, LIST, {**asked, "confirmed": 1, "reason": reason})
        assert answer.context["form"].errors["reason"]
    given = {**asked, "confirmed": 1, "reason": "The phone was sold."}
    assert sentences_of(sue.post(LIST, given, follow=True)) == ["1 block is lifted."]
    block.refresh_from_db()
    assert (block.lifted_by, block.lifted_at is not None) == ("sue", True)
    deed = deeds(Asked(kind="block"), limit=1)[0]
    assert (deed.by, deed.reason) == ("sue", "The phone was sold.")
    assert sentences_of(sue.post(LIST, given, follow=True)) == ["0 blocks are lifted."]


def test_the_list_is_filtered_by_what_is_in_force(sue: Browser) -> None:
    blocked(expires_at=NOW - timedelta(minutes=5))

    def found(state: str) -> int:
        return len(sue.get(LIST, {"show": state}).context["cl"].result_list)

    assert (found("active"), found("expired"), found("lifted")) == (0, 1, 0)


def test_the_list_is_filtered_by_kinds_as_people_call_them(sue: Browser) -> None:
    block = blocked()
    for kind, found in (("device", [block]), ("mailbox", []), ("nonsense", [block])):
        answer = sue.get(LIST, {"kind": kind})
        assert list(answer.context["cl"].queryset) == found, kind
    listed = sue.get(LIST).content.decode()
    assert "e-mail, all its forms" in listed
    assert "mailbox</" not in listed


def test_a_file_is_blocked_whole(sue: Browser) -> None:
    answer = sent(
        sue,
        HEADER,
        "ip,::ffff:203.0.113.1,Bots.,",
        "device,dev-1,Emulators.,2035-01-01T00:00:00+03:00",
        'address,"Moscow, Tverskaya 1","A drop, they say.",',
    )
    assert sentences_of(answer) == ["3 identifiers are blocked."]
    found = {b.identifier.kind: b for b in BlockedIdentifier.objects.select_related("identifier")}
    assert found["address"].reason == "A drop, they say."
    assert found["device"].expires_at == datetime(2034, 12, 31, 21, tzinfo=UTC)
    assert {b.source for b in found.values()} == {"file list.csv"}
    assert bytes(found["ip"].identifier.digest) == digest("ip", "203.0.113.1").digest


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        ([HEADER], [(1, "")]),
        (["kind,value"], [(1, "")]),
        ([HEADER, "face,x,y,"], [(2, "kind")]),
        ([HEADER, "device,ok,y,", "ip,nowhere,y,"], [(3, "value")]),
        ([HEADER, "device,,y,"], [(2, "value")]),
        ([HEADER, "device,x,,"], [(2, "reason")]),
        ([HEADER, "device,x,y,2001-01-01T00:00:00Z"], [(2, "expires_at")]),
        ([HEADER, "device,x,y,2035-01-01T00:00:00"], [(2, "expires_at")]),
        ([HEADER, "device,x,y"], [(2, "")]),
        ([HEADER, "device,x,y,,z"], [(2, "")]),
        ([HEADER, "ip,nowhere,,soon"], [(2, "value"), (2, "reason"), (2, "expires_at")]),
        ([HEADER, 'device,"x'], [(2, "")]),
    ],
)
def test_a_file_with_a_fault_blocks_nothing(
    sue: Browser, lines: list[str], errors: list[tuple[int, str]]
) -> None:
    before = dump()
    answer = sent(sue, *lines)
    assert dump() == before
    assert [(each.line, each.column) for each in answer.context["row_errors"]] == errors
    assert "nowhere" not in answer.content.decode()


def test_a_file_that_is_no_text_blocks_nothing(sue: Browser) -> None:
    before = dump()
    file = SimpleUploadedFile("list.csv", b"\xff\xfe\x00")
    answer = sue.post(FILE, {"file": file})
    assert answer.context["row_errors"][0].words == "The file is not UTF-8 text."
    assert dump() == before


def test_the_export_has_no_values_and_hints_only_for_those_who_may(
    sue: Browser, log_in: LogIn
) -> None:
    block = blocked("device-of-somebody-0001")
    BlockedIdentifier.objects.update(reason="=1+1")
    shown = b"".join(sue.get(EXPORT)).decode()
    header, row = shown.splitlines()
    assert header.startswith("kind,hint,digest_prefix,reason,source")
    assert row.startswith(f"device,,{bytes(block.identifier.digest).hex()[:16]},'=1+1,test,")
    assert block.identifier.hint not in shown
    eve = log_in(VIEW, "fraud.unmask_identifiers", name="eve")
    assert block.identifier.hint in b"".join(eve.get(EXPORT)).decode()


def test_the_block_list_needs_permissions(log_in: LogIn) -> None:
    block = blocked()
    reader, stranger = log_in(VIEW, name="reader"), log_in(name="stranger")
    said = {"kind": "device", "value": "x", "reason": "y"}
    for address in (ADD, FILE):
        assert reader.get(address).status_code == 403
        assert unchanged(reader, address, said).status_code == 403
        assert unchanged(stranger, address, said).status_code == 403
    asked = {"action": "lift", "_selected_action": [block.pk], "confirmed": 1, "reason": "x"}
    unchanged(reader, LIST, asked)
    assert reader.get(EXPORT).status_code == 200
    assert stranger.get(EXPORT).status_code == 403


def test_a_standing_is_set_with_its_reason(log_in: LogIn) -> None:
    register("anna", now=NOW - timedelta(days=1))
    eve = log_in("fraud.view_subscriberstanding", "fraud.change_subscriberstanding", name="eve")
    said = {"subscriber": "anna", "standing": "watched", "reason": "Odd calls."}
    assert sentences_of(eve.post(SET, said, follow=True)) == ["anna is watched now."]
    standing = SubscriberStanding.objects.get()
    assert (standing.standing, standing.set_by, standing.reason) == ("watched", "eve", "Odd calls.")
    assert sentences_of(eve.post(SET, said, follow=True)) == ["anna is watched already."]
    for changes, field in (
        ({"subscriber": "nobody"}, "subscriber"),
        ({"standing": "odd"}, "standing"),
        ({"reason": " "}, "reason"),
    ):
        answer = unchanged(eve, SET, {**said, **changes})
        assert answer.context["form"].errors[field]
    reader = log_in("fraud.view_subscriberstanding", name="reader")
    assert unchanged(reader, SET, said).status_code == 403


def test_a_silenced_rule_acts_again(log_in: LogIn) -> None:
    anna = register("anna", now=NOW - timedelta(days=9))
    SubscriberStanding.objects.create(
        subscriber=anna, standing="watched", reason="x", set_at=NOW - timedelta(days=8), set_by="e"
    )
    silenced = RuleSnooze.objects.create(
        subscriber=anna, rule="subscriber_watched", until=NOW + timedelta(days=9), reason="x",
        set_at=NOW - timedelta(days=2), set_by="eve",
    )  # fmt: skip
    assert said_of(anna, NOW - timedelta(days=1)) == []
    eve = log_in("fraud.view_rulesnooze", "fraud.change_rulesnooze", name="eve")
    asked = {
        "action": "end", "_selected_action": [silenced.pk], "confirmed": 1, "reason": "Enough.",
    }  # fmt: skip
    assert sentences_of(eve.post(SNOOZES, asked, follow=True)) == ["1 rule acts again."]
    assert said_of(anna, datetime.now(UTC)) == ["subscriber_watched"]
    # What was screened before is replayed as it was.
    assert said_of(anna, NOW - timedelta(days=1)) == []
    assert sentences_of(eve.post(SNOOZES, asked, follow=True)) == ["0 rules act again."]
    reader = log_in("fraud.view_rulesnooze", name="reader")
    unchanged(reader, SNOOZES, asked)


def said_of(subscriber: Subscriber, at: datetime) -> list[str]:
    subject = Subject("redemption", f"r{at}", subscriber.pk, "bill_credit", 100)
    [said] = screen(subjects=[subject], now=at)
    return [reason.code for reason in said.reasons]


@pytest.mark.parametrize(
    ("source", "said", "sought"),
    [
        ("by hand", "вручную", "Вручную"),
        ("case 12", "дело 12", "дело 12"),
        ("case 12", "дело 12", "case 12"),
        ("crowded identifiers", "многолюдные идентификаторы", "многолюдные идентификаторы"),
        ("file list.csv", "файл list.csv", "file list.csv"),
    ],
)
def test_the_list_is_told_and_searched_in_russian(
    sue: Browser, source: str, said: str, sought: str
) -> None:
    block = blocked()
    BlockedIdentifier.objects.update(source=source)
    answer = sue.get(LIST, {"q": sought}, headers={"accept-language": "ru"})
    assert list(answer.context["cl"].queryset) == [block]
    read = answer.content.decode()
    assert said in read
    assert "пока не снимут" in read
    assert "Сгорело" not in read
    others = sue.get(LIST, {"q": "дело 13"}, headers={"accept-language": "ru"})
    assert list(others.context["cl"].queryset) == []
