"""Terms and rule sets that start later: scheduled, announced, withdrawn; earlier ones come back."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils.timezone import localtime, override

from doors.moments import moment_shown
from fraud.models import RuleSetVersion
from fraud.operations.change_rule_sets import approve_rules, draft_rules, propose_rules
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import activate_terms, draft_terms, propose_terms
from loyalty.queries.terms import program_zone
from tests.admin.conftest import LogIn, digest_on, sentences_of
from tests.reading import rules_read, terms_read

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START = NOW + 30 * DAY
RULES, TERMS = "fraud.{}_rulesetversion", "loyalty.{}_termsversion"
RULE_PERSON = tuple(RULES.format(each) for each in ("view", "change", "approve"))
TERMS_PERSON = tuple(TERMS.format(each) for each in ("view", "change", "activate"))
INDEX = reverse("admin:index")


def rule_set(*, starts_at: datetime | None = None, by: str = "maker", **content: Any) -> int:
    number = draft_rules(content=content, note="Winter", by="maker").number
    propose_rules(number=number, by=by, now=NOW - DAY, digest=rules_read(number, now=NOW - DAY))
    approve_rules(
        number=number,
        by="checker",
        now=NOW - DAY,
        starts_at=starts_at,
        digest=rules_read(number, now=NOW - DAY),
    )
    return number


def terms(*, begins: datetime, by: str = "maker", **content: Any) -> int:
    number = draft_terms(content=content, note="Winter", by="maker").number
    propose_terms(number=number, by=by, now=NOW - DAY, digest=terms_read(number, now=NOW - DAY))
    activate_terms(
        number=number,
        effective_from=begins,
        by="checker",
        now=NOW - DAY,
        digest=terms_read(number, now=NOW - DAY),
    )
    return number


def field(at: datetime) -> str:
    return f"{localtime(at, program_zone()):%Y-%m-%dT%H:%M}"


def told(at: datetime) -> str:
    with override(program_zone()):
        return moment_shown(at)


def page(browser: Browser, kind: str, number: int) -> str:
    answer = browser.get(reverse(f"admin:{kind}_change", args=[number]))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def second(log_in: LogIn) -> Browser:
    return log_in(*RULE_PERSON, *TERMS_PERSON, name="second")


@pytest.fixture
def reader(log_in: LogIn) -> Browser:
    return log_in(RULES.format("view"), TERMS.format("view"), name="reader")


# Rule sets.


def approve(browser: Browser, number: int, **said: str) -> Any:
    address = reverse("admin:fraud_rules_approve", args=[number])
    read = {"digest": digest_on(browser, address)}
    return browser.post(address, {**read, **said}, follow=True)


def test_an_approval_may_say_from_when_on(second: Browser) -> None:
    number = draft_rules(content={"review_from": "0.3"}, note="", by="maker").number
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    answer = approve(second, number, starts_at=field(START))
    assert RuleSetVersion.objects.get(number=number).starts_at == START
    assert "is scheduled: it is live from" in sentences_of(answer)[0]
    shown = page(second, "fraud_rulesetversion", number)
    assert "It is scheduled: until" in shown
    assert "What it will change from rule set 1" in shown
    listed = second.get(reverse("admin:fraud_rulesetversion_changelist"), {"state": "scheduled"})
    assert [row.number for row in listed.context["cl"].result_list] == [number]
    assert "is scheduled: it is live from" in listed.content.decode()


@pytest.mark.parametrize("at", [NOW - DAY, NOW - MINUTE])
def test_no_approval_is_for_the_past(second: Browser, at: datetime) -> None:
    number = draft_rules(content={"review_from": "0.3"}, note="", by="maker").number
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    answer = approve(second, number, starts_at=field(at))
    assert list(answer.context["form"].errors) == ["starts_at"]
    assert RuleSetVersion.objects.get(number=number).status == "proposed"


def test_whoever_approves_is_told_of_what_is_scheduled(second: Browser) -> None:
    later = rule_set(starts_at=START, review_from="0.2")
    number = draft_rules(content={"review_from": "0.3"}, note="", by="maker").number
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    address = reverse("admin:fraud_rules_approve", args=[number])
    shown = second.get(address).content.decode()
    assert f"Rule set {later} is scheduled: it goes live on" in shown
    assert f"?old={later}&amp;new={number}" in shown
    read = digest_on(second, address)
    # Scheduled meanwhile, so that it was not read.
    rule_set(starts_at=START + DAY, review_from="0.25")
    answer = approve(second, number, digest=read)
    assert "what is scheduled has changed" in sentences_of(answer)[0]


def test_what_is_scheduled_is_withdrawn_with_a_reason(second: Browser) -> None:
    number = rule_set(starts_at=START, review_from="0.2")
    address = reverse("admin:fraud_rules_withdraw", args=[number])
    assert address in page(second, "fraud_rulesetversion", number)
    shown = second.get(address).content.decode()
    assert "rule set 1 stays live" in shown
    assert list(second.post(address, {"reason": " "}).context["form"].errors) == ["reason"]
    answer = second.post(address, {"reason": "Too strict."}, follow=True)
    assert sentences_of(answer) == [f"Rule set {number} is withdrawn: it will not start."]
    shown = page(second, "fraud_rulesetversion", number)
    assert "Withdrawn by second" in shown
    assert "Too strict." in shown
    assert address not in shown
    [said] = sentences_of(second.post(address, {"reason": "again"}, follow=True))
    assert "can't be withdrawn" in said


@pytest.mark.parametrize(
    ("permissions", "name", "may"),
    [
        (("view",), "reader", False),
        (("view", "change"), "maker", True),
        (("view", "change"), "somebody", False),
        (("view", "approve"), "checker", True),
    ],
)
def test_approvers_and_the_proposer_withdraw(
    log_in: LogIn, permissions: tuple[str, ...], name: str, may: bool
) -> None:
    number, version = rule_set(starts_at=START), terms(begins=START)
    of_terms = [each.replace("approve", "activate") for each in permissions]
    browser = log_in(
        *(RULES.format(each) for each in permissions),
        *(TERMS.format(each) for each in of_terms),
        name=name,
    )
    for kind, step, key in (
        ("fraud_rulesetversion", "fraud_rules_withdraw", number),
        ("loyalty_termsversion", "loyalty_terms_withdraw", version),
    ):
        address = reverse(f"admin:{step}", args=[key])
        assert (address in page(browser, kind, key)) is may
        assert browser.get(address).status_code == (200 if may else 403)
        assert browser.post(address, {"reason": "x"}).status_code == (302 if may else 403)


def test_an_earlier_rule_set_comes_back_by_two_persons(second: Browser) -> None:
    strict = rule_set(review_from="0.2")
    mild = rule_set(review_from="0.5")
    address = reverse("admin:fraud_rules_roll_back", args=[strict])
    assert address in page(second, "fraud_rulesetversion", strict)
    assert reverse("admin:fraud_rules_roll_back", args=[mild]) not in page(
        second, "fraud_rulesetversion", mild
    )
    shown = second.get(address).content.decode()
    assert f"until then rule set {mild} stays live" in shown
    answer = second.post(address, {"note": "Too much fraud."}, follow=True)
    made = RuleSetVersion.objects.get(number=mild + 1)
    assert (made.status, made.note) == ("draft", "Too much fraud.")
    assert made.content == RuleSetVersion.objects.get(number=strict).content
    assert f"says what rule set {strict} says" in sentences_of(answer)[0]
    [said] = sentences_of(
        second.post(reverse("admin:fraud_rules_roll_back", args=[mild]), {"note": "x"}, follow=True)
    )
    assert said.startswith("Only a rule set that was live before")


@pytest.mark.parametrize("kind", ["fraud_rulesetversion", "loyalty_termsversion"])
def test_the_button_drafts_from_the_version_that_it_stands_on(second: Browser, kind: str) -> None:
    rule_set(review_from="0.2")
    terms(begins=START, lot_life_months=18)
    shown = page(second, kind, 2)
    draft = {"fraud_rulesetversion": "fraud_rules_draft"}.get(kind, "loyalty_terms_draft")
    address = f"{reverse(f'admin:{draft}')}?from=2"
    assert f'href="{address}"' in shown
    assert "rom" in str(second.get(address).context["title"])
    assert "2" in str(second.get(address).context["title"])


# Terms.


def test_terms_that_begin_later_are_scheduled(second: Browser) -> None:
    number = terms(begins=START, lot_life_months=18)
    shown = page(second, "loyalty_termsversion", number)
    assert "It is scheduled: until" in shown
    assert "What it will change from version 1" in shown
    list_address = reverse("admin:loyalty_termsversion_changelist")
    for state, found in (("scheduled", [number]), ("in_force", [1]), ("before", [])):
        listed = second.get(list_address, {"state": state})
        assert [row.number for row in listed.context["cl"].result_list] == found
    assert "is scheduled: it is in force from" in second.get(list_address).content.decode()


def test_scheduled_terms_are_withdrawn_with_a_reason(second: Browser) -> None:
    number = terms(begins=START, lot_life_months=18)
    address = reverse("admin:loyalty_terms_withdraw", args=[number])
    assert "version 1 stays in force" in second.get(address).content.decode()
    assert list(second.post(address, {"reason": ""}).context["form"].errors) == ["reason"]
    answer = second.post(address, {"reason": "Too early."}, follow=True)
    assert sentences_of(answer) == [f"Version {number} is withdrawn: it will not begin."]
    version = TermsVersion.objects.get(number=number)
    assert (version.status, version.withdrawn_by) == ("withdrawn", "second")
    assert "Withdrawn by second" in page(second, "loyalty_termsversion", number)
    # The list names no day on which it would begin.
    listed = second.get(reverse("admin:loyalty_termsversion_changelist"), {"state": "withdrawn"})
    [row] = re.findall(r"<tr.*?</tr>", listed.content.decode().split("<tbody")[-1], re.DOTALL)
    assert str(START.year) not in row
    assert "–" in row


def test_earlier_terms_come_back_by_two_persons(second: Browser) -> None:
    terms(begins=NOW - MINUTE, lot_life_months=18)
    address = reverse("admin:loyalty_terms_roll_back", args=[1])
    assert address in page(second, "loyalty_termsversion", 1)
    assert "until then version 2 stays in force" in second.get(address).content.decode()
    answer = second.post(address, {"note": "Back."}, follow=True)
    made = TermsVersion.objects.get(number=3)
    assert (made.status, made.content) == ("draft", TermsVersion.objects.get(number=1).content)
    assert "says what version 1 says" in sentences_of(answer)[0]
    for number in (2, 3):
        other = reverse("admin:loyalty_terms_roll_back", args=[number])
        [said] = sentences_of(second.post(other, {"note": "x"}, follow=True))
        assert said.startswith("Only terms that were in force before")


# The first page.


def test_the_first_page_announces_both_with_what_they_change(reader: Browser) -> None:
    terms(begins=START, lot_life_months=18)
    rule_set(starts_at=START + DAY, review_from="0.2")
    shown = reader.get(INDEX).content.decode()
    assert f"From {told(START)} version 2 of the terms is in force." in shown
    assert f"From {told(START + DAY)} rule set 2 screens." in shown
    for words in ("12 months", "18 months", "0.40", "0.20"):
        assert words in shown


def test_it_announces_nothing_that_is_withdrawn_or_begun(second: Browser) -> None:
    number = terms(begins=START)
    terms(begins=NOW - MINUTE)
    second.post(reverse("admin:loyalty_terms_withdraw", args=[number]), {"reason": "x"})
    assert second.get(INDEX).context["announced"] == []


def test_it_announces_to_each_what_they_may_read(log_in: LogIn) -> None:
    terms(begins=START)
    rule_set(starts_at=START)
    for permission, said in ((RULES, ["rule set"]), (TERMS, ["terms"])):
        browser = log_in(permission.format("view"), name=permission[:5])
        announced = browser.get(INDEX).context["announced"]
        assert [word in each.sentence for each, word in zip(announced, said, strict=True)] == [True]
    assert log_in(name="nobody").get(INDEX).context["announced"] == []
