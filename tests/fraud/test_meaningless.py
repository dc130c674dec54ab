"""Values that mean nothing are as good as absent, and crowds are listed."""

from typing import Any

import pytest

from accounts.models import Identifier, Subscriber
from fraud.models import CrowdedIdentifier, MeaninglessIdentifier, SubscriberStanding
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.count_crowds import count_crowds
from fraud.operations.declare_meaningless import (
    declare_digests_meaningless,
    declare_meaningless,
    restore_meaning,
)
from fraud.operations.review_marks import review_marks
from fraud.operations.screen_registrations import screen_registrations
from fraud.policy.cases import CaseReasonMissing
from fraud.policy.rulesets import RuleSet
from fraud.queries.graph import linked_accounts
from privacy.operations.erase_subscriber import erase_subscriber
from tests.books import dump, news
from tests.factories import digest, register
from tests.fraud.stories import DAY, NOW

pytestmark = pytest.mark.django_db

KINDS = ("passport", "card", "phone")
SAID: dict[str, Any] = {"reason": "It stands for nothing.", "by": "sue", "now": NOW}


def value(kind: str) -> Any:
    return digest(kind, "+79990000001" if kind == "phone" else "UNKNOWN")


def strangers(kind: str, number: int = 2) -> list[Subscriber]:
    made = []
    for n in range(number):
        at = NOW - (n + 1) * DAY
        made.append(register(f"s{n}", activated_at=at, now=at, identifiers=[value(kind)]))
    return made


def standing(name: str) -> str | None:
    found = SubscriberStanding.objects.filter(subscriber__external_id=name).first()
    return None if found is None else found.standing


@pytest.mark.parametrize("kind", KINDS)
def test_a_meaningless_value_marks_nobody(kind: str) -> None:
    assert declare_digests_meaningless(digests=[value(kind)], **SAID) == 1
    first, _ = strangers(kind)
    screen_registrations(names=["s0", "s1"], now=NOW)
    assert (standing("s0"), standing("s1")) == (None, None)
    linked = linked_accounts(around=[first.pk], limits=RuleSet().limits, now=NOW)
    assert (linked.others, linked.shared) == (0, [])


@pytest.mark.parametrize("kind", KINDS)
def test_marks_of_before_are_looked_at_again(kind: str) -> None:
    strangers(kind)
    screen_registrations(names=["s0"], now=NOW)
    assert standing("s0") == "watched"
    found = Identifier.objects.get(kind=kind, digest=value(kind).digest)
    declare_meaningless(identifier_ids=[found.pk], **SAID)
    assert {said["subscriber_id"] for said in news("subscriber.identifiers_ended")} == {"s0", "s1"}
    assert review_marks(now=NOW).marks == 1
    assert standing("s0") == "normal"


def test_a_block_on_a_meaningless_value_is_for_whoever_lifts_it() -> None:
    strangers("card")
    found = Identifier.objects.get(kind="card", digest=value("card").digest)
    block_identifiers(identifier_ids=[found.pk], source="x", **SAID)
    declare_meaningless(identifier_ids=[found.pk], **SAID)
    screen_registrations(names=["s0"], now=NOW)
    assert standing("s0") == "watched"


def test_it_is_said_once_and_taken_back_with_a_reason() -> None:
    assert declare_digests_meaningless(digests=[value("card")], **SAID) == 1
    assert declare_digests_meaningless(digests=[value("card")], **{**SAID, "by": "ben"}) == 0
    entry = MeaninglessIdentifier.objects.get()
    assert (entry.added_by, entry.identifier.is_meaningless) == ("sue", True)
    before = dump()
    with pytest.raises(CaseReasonMissing):
        restore_meaning(entry_ids=[entry.pk], reason=" ", by="ben")
    with pytest.raises(CaseReasonMissing):
        declare_digests_meaningless(digests=[value("phone")], **{**SAID, "reason": " "})
    assert dump() == before
    assert restore_meaning(entry_ids=[entry.pk], reason="It is a card.", by="ben") == 1
    assert restore_meaning(entry_ids=[entry.pk], reason="It is a card.", by="ben") == 0
    assert not Identifier.objects.filter(is_meaningless=True).exists()
    strangers("card")
    screen_registrations(names=["s0"], now=NOW)
    assert standing("s0") == "watched"


def test_an_erasure_leaves_the_list() -> None:
    strangers("card", 1)
    declare_digests_meaningless(digests=[value("card")], **SAID)
    erase_subscriber(external_id="s0", basis="Asked.", forced_because="A test.", by="dpo", now=NOW)
    assert MeaninglessIdentifier.objects.get().identifier.kind == "card"


@pytest.mark.parametrize("kind", ["passport", "device"])
def test_crowds_are_listed_while_they_are_crowds(kind: str) -> None:
    limit = RuleSet().limits[kind]
    strangers(kind, limit + 1)
    assert count_crowds(now=NOW) == 0
    at = NOW - 300 * DAY
    register("last", activated_at=at, now=at, identifiers=[value(kind)])
    assert count_crowds(now=NOW) == 1
    assert count_crowds(now=NOW + DAY) == 1
    crowd = CrowdedIdentifier.objects.get()
    assert (crowd.accounts, crowd.since_at, crowd.counted_at) == (limit + 2, NOW, NOW + DAY)
    declare_meaningless(identifier_ids=[crowd.identifier_id], **SAID)
    assert count_crowds(now=NOW + 2 * DAY) == 0
    assert not CrowdedIdentifier.objects.exists()


def test_a_mark_made_before_the_limit_was_reached_is_looked_at_again() -> None:
    strangers("passport", 2)
    screen_registrations(names=["s0"], now=NOW)
    assert standing("s0") == "watched"
    strangers("passport", RuleSet().limits["passport"] + 2)
    assert review_marks(now=NOW).marks == 1
    assert standing("s0") == "normal"
