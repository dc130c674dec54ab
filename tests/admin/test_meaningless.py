"""The lists of meaningless and of crowded identifiers in the admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Identifier
from fraud.models import BlockedIdentifier, CrowdedIdentifier, MeaninglessIdentifier
from fraud.operations.count_crowds import count_crowds
from fraud.policy.rulesets import RuleSet
from tests.admin.conftest import LogIn, sentences_of
from tests.books import dump
from tests.factories import digest, register

pytestmark = pytest.mark.django_db

LIST = reverse("admin:fraud_meaninglessidentifier_changelist")
ADD, REMOVE = reverse("admin:fraud_meaningless_add"), reverse("admin:fraud_meaningless_remove")
CROWDS = reverse("admin:fraud_crowdedidentifier_changelist")
BLOCK, DECLARE = reverse("admin:fraud_crowd_block"), reverse("admin:fraud_crowd_declare")
READS = ("fraud.view_meaninglessidentifier", "fraud.view_crowdedidentifier")
MAY = (
    *READS,
    "fraud.add_meaninglessidentifier",
    "fraud.delete_meaninglessidentifier",
    "fraud.add_blockedidentifier",
)
NOW = datetime.now(UTC)
SAID = {"kind": "device", "value": "NO-SUCH-PHONE", "reason": "A placeholder."}


@pytest.fixture
def sue(log_in: LogIn) -> Browser:
    return log_in(*MAY, name="sue")


@pytest.fixture
def crowd() -> CrowdedIdentifier:
    for n in range(RuleSet().limits["passport"] + 2):
        at = NOW - timedelta(days=n + 1)
        register(f"s{n}", now=at, identifiers=[digest("passport", "UNKNOWN")])
    count_crowds(now=NOW)
    return CrowdedIdentifier.objects.get()


def test_a_value_is_declared_meaningless_by_its_digest(sue: Browser) -> None:
    assert "Declare an identifier meaningless…" in sue.get(LIST).content.decode()
    answer = sue.post(ADD, SAID, follow=True)
    assert "links and marks nobody" in sentences_of(answer)[0]
    entry = MeaninglessIdentifier.objects.get()
    assert (entry.reason, entry.added_by) == ("A placeholder.", "sue")
    assert entry.identifier.is_meaningless
    assert "NO-SUCH-PHONE" not in answer.content.decode()
    again = sue.post(ADD, SAID, follow=True)
    assert sentences_of(again) == ["It was on the list already and stays as it is."]


@pytest.mark.parametrize("changes", [{"kind": "face"}, {"value": " "}, {"reason": " "}])
def test_what_cannot_be_declared_is_shown_again(sue: Browser, changes: dict[str, str]) -> None:
    before = dump()
    answer = sue.post(ADD, {**SAID, **changes})
    assert answer.context["form"].errors
    assert dump() == before


def test_an_identifier_is_taken_off_with_a_reason(sue: Browser) -> None:
    sue.post(ADD, SAID)
    entry = MeaninglessIdentifier.objects.get()
    asked = {"action": "take_off", "_selected_action": [entry.pk]}
    page = sue.post(LIST, asked, follow=True)
    assert page.context["form"].initial == {"chosen": str(entry.pk)}
    said: dict[str, Any] = {"chosen": str(entry.pk), "reason": ""}
    assert sue.post(REMOVE, said).context["form"].errors
    answer = sue.post(REMOVE, {**said, "reason": "It is a phone."}, follow=True)
    assert sentences_of(answer) == ["1 identifier is off the list."]
    assert not Identifier.objects.filter(is_meaningless=True).exists()


@pytest.mark.parametrize("chosen", ["", "x", "9" * 30, ",".join("1" * 201)])
def test_a_choice_that_is_none_changes_nothing(sue: Browser, chosen: str) -> None:
    before = dump()
    for address in (REMOVE, BLOCK, DECLARE):
        assert sue.post(address, {"chosen": chosen, "reason": "x"}).status_code in (200, 302)
    assert dump() == before


@pytest.mark.parametrize(
    ("action", "address", "model"),
    [("block", BLOCK, BlockedIdentifier), ("declare", DECLARE, MeaninglessIdentifier)],
)
def test_a_crowd_is_blocked_or_declared_meaningless(
    sue: Browser, crowd: CrowdedIdentifier, action: str, address: str, model: Any
) -> None:
    page = sue.get(CROWDS)
    assert "22" in page.content.decode()
    asked = {"action": action, "_selected_action": [crowd.pk]}
    assert sue.post(CROWDS, asked, follow=True).context["form"].initial == {"chosen": str(crowd.pk)}
    sue.post(address, {"chosen": str(crowd.pk), "reason": "A ring."})
    assert model.objects.get().identifier_id == crowd.pk


def test_hints_are_for_those_who_may_see_them(log_in: LogIn, crowd: CrowdedIdentifier) -> None:
    hint = crowd.identifier.hint
    assert hint not in log_in(*READS, name="ann").get(CROWDS).content.decode()
    unmasks = log_in(*READS, "fraud.unmask_identifiers", name="ben")
    assert hint in unmasks.get(CROWDS).content.decode()


def test_readers_change_nothing(log_in: LogIn, crowd: CrowdedIdentifier) -> None:
    reader = log_in(*READS, name="rita")
    assert "Declare an identifier" not in reader.get(LIST).content.decode()
    before = dump()
    for address in (ADD, REMOVE, BLOCK, DECLARE):
        said = {**SAID, "chosen": str(crowd.pk)}
        assert reader.post(address, said).status_code == 403
    assert dump() == before


def test_empty_lists_say_so(sue: Browser) -> None:
    assert "device of all zeros" in sue.get(LIST).content.decode()
    assert "counted every hour" in sue.get(CROWDS).content.decode()


def test_the_form_speaks_of_declaring_and_not_of_blocking(sue: Browser) -> None:
    read = sue.get(ADD).content.decode()
    assert "all forms of it are declared meaningless" in read
    assert "are blocked" not in read
