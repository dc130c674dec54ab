"""Registrations and joins are screened as they come; billing's facts are never refused."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Identifier, Subscriber
from accounts.operations import GivenUp
from fraud.models import Assessment, Case, SubscriberStanding
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.screen import screen
from fraud.operations.screen_registrations import screen_registrations
from fraud.operations.set_standings import set_standings
from fraud.policy.rulesets import RuleSet
from loyalty.policy.gate import Subject
from referrals.models import Referral
from tests.books import dump, news
from tests.factories import digest, invite, register
from tests.fraud.stories import DAY, NOW

pytestmark = pytest.mark.django_db


def standing(name: str) -> str | None:
    found = SubscriberStanding.objects.filter(subscriber__external_id=name).first()
    return found.standing if found is not None else None


def arrive(name: str, **said: Any) -> None:
    register(name, activated_at=NOW, now=NOW, **said)
    screen_registrations(names=[name], now=NOW)


def test_whoever_brings_nothing_odd_has_no_mark() -> None:
    arrive("ann")
    assert standing("ann") is None
    assert Assessment.objects.get().subject_type == "registration"
    assert not Case.objects.exists()


@pytest.mark.parametrize("kind", ["passport", "card", "phone"])
def test_an_identifier_of_somebody_else_marks_and_holds(kind: str) -> None:
    same = digest(kind, "+79990000001" if kind == "phone" else "the same")
    said: dict[str, Any] = {"msisdn": same} if kind == "phone" else {"identifiers": [same]}
    register("before", activated_at=NOW - DAY, now=NOW - DAY, **said)
    arrive("ann", **said)
    assert standing("ann") == "watched"
    case = Case.objects.get()
    assert (case.queue, case.subject_type, case.subject_id) == ("account", "registration", "ann")
    ann = Subscriber.objects.get(external_id="ann").pk
    subject = Subject("redemption", "r", ann, "bill_credit", 100)
    [said_of_benefit] = screen(subjects=[subject], now=NOW + DAY)
    assert said_of_benefit.outcome == "review"
    assert "subscriber_watched" in [reason.code for reason in said_of_benefit.reasons]


def test_a_mark_says_by_what_since_when_and_how_it_ends_and_never_whose() -> None:
    card = digest("card", "the same")
    register("the-other-one", activated_at=NOW - 9 * DAY, now=NOW - 9 * DAY, identifiers=[card])
    arrive("ann", identifiers=[card])
    reason = SubscriberStanding.objects.get().reason
    assert reason == (
        "Seen with somebody else's card. Both have had it since 2026-03-17. The mark ends when"
        " billing reports until when one of them had it, or by the verdict of a fraud analyst."
    )
    ann = Subscriber.objects.get(external_id="ann").pk
    subject = Subject("redemption", "r", ann, "bill_credit", 100)
    [held] = screen(subjects=[subject], now=NOW + DAY)
    [why] = [each.detail for each in held.reasons if each.code == "subscriber_watched"]
    assert why == f"The subscriber is watched. The mark stands since 2026-03-17. {reason}"
    set_standings(subscriber_ids=[ann], standing="normal", reason="Fine.", by="sue", now=NOW)
    set_standings(subscriber_ids=[ann], standing="watched", reason="Of Bob's.", by="sue", now=NOW)
    [held] = screen(subjects=[subject._replace(id="r2")], now=NOW + DAY)
    [why] = [each.detail for each in held.reasons if each.code == "subscriber_watched"]
    assert why == (
        "The subscriber is watched. The mark stands since 2026-03-17. A senior fraud analyst can"
        " end it."
    )


@pytest.mark.parametrize("kind", ["address", "device", "email", "ip"])
def test_a_household_is_no_reason(kind: str) -> None:
    normal = "ann@example.org" if kind == "email" else "the same"
    said: dict[str, Any] = {"identifiers": [digest(kind, normal)]}
    register("before", activated_at=NOW - 30 * DAY, now=NOW - 30 * DAY, **said)
    arrive("ann", **said)
    assert standing("ann") is None


def household(*kinds: str) -> dict[str, Any]:
    values = {"email": "home@example.org"}
    return {"identifiers": [digest(kind, values.get(kind, "home")) for kind in kinds]}


@pytest.mark.parametrize(
    ("kinds", "mark"),
    [
        (("device", "ip"), None),
        (("device", "ip", "address"), None),
        (("device", "email"), "watched"),
        (("device", "email", "address"), None),
        (("device", "card", "address"), "watched"),
    ],
)
def test_a_device_marks_together_with_what_names_a_person(
    kinds: tuple[str, ...], mark: str | None
) -> None:
    before = NOW - 30 * DAY
    register("before", activated_at=before, now=before, **household(*kinds))
    arrive("ann", **household(*kinds))
    assert standing("ann") == mark


def test_a_device_and_an_address_of_two_different_others_make_no_household() -> None:
    before = NOW - 30 * DAY
    register("thief", activated_at=before, now=before, **household("device", "email"))
    register("neighbour", activated_at=before, now=before, **household("address"))
    arrive("ann", **household("device", "email", "address"))
    assert standing("ann") == "watched"


@pytest.mark.parametrize(("others", "mark"), [(4, None), (5, "watched")])
def test_a_device_of_more_accounts_than_a_household_marks(others: int, mark: str | None) -> None:
    for n in range(others):
        before = NOW - (30 + n) * DAY
        register(f"before-{n}", activated_at=before, now=before, **household("device"))
    arrive("ann", **household("device"))
    assert standing("ann") == mark


@pytest.mark.parametrize("kind", ["device", "card", "passport"])
def test_the_buyer_of_what_its_owner_gave_up_is_not_linked(kind: str) -> None:
    before, gone = NOW - 90 * DAY, NOW - 10 * DAY
    used = digest(kind, "used")
    email = digest("email", "home@example.org")
    register("seller", activated_at=before, now=before, identifiers=[used, email])
    register("seller", activated_at=before, now=NOW - DAY, given_up=[GivenUp(used, gone)])
    arrive("buyer", identifiers=[used, email])
    assert standing("buyer") is None
    assert not Case.objects.exists()


@pytest.mark.parametrize("kind", ["passport", "card", "phone", "device"])
def test_an_identifier_of_more_accounts_than_its_limit_links_nobody(kind: str) -> None:
    limit = RuleSet().limits[kind]
    same = digest(kind, "+79990000001" if kind == "phone" else "none")
    for n in range(limit + 1):
        register(f"before-{n}", activated_at=NOW - DAY, now=NOW - DAY, identifiers=[same])
    arrive("ann", identifiers=[same])
    assert standing("ann") is None
    facts = Assessment.objects.get(subject_id="ann").facts
    assert (facts["matches"], facts["accounts_on_device"]) == ([], None)
    # A block on it holds.
    block_identifiers(
        identifier_ids=[Identifier.objects.get(kind=kind, digest=same.digest).pk],
        reason="A ring.", source="bank", by="ann", now=NOW,
    )  # fmt: skip
    arrive("ben", identifiers=[same])
    assert standing("ben") == "watched"


def test_a_block_of_a_number_does_not_reach_its_former_owner() -> None:
    number, another = (digest("phone", f"+7999000000{n}") for n in (1, 2))
    before = NOW - 90 * DAY
    register("former", activated_at=before, now=before, msisdn=number)
    register("former", activated_at=before, now=before + DAY, msisdn=another)
    register("thief", activated_at=NOW - DAY, now=NOW - DAY, msisdn=number)
    block_identifiers(
        identifier_ids=[Subscriber.objects.get(external_id="thief").msisdn_id or 0],
        reason="Fraud.", source="bank", by="ann", now=NOW - DAY,
    )  # fmt: skip
    screen_registrations(names=["former", "thief"], now=NOW)
    assert (standing("former"), standing("thief")) == (None, "watched")


def test_a_blocked_identifier_marks() -> None:
    card = digest("card", "stolen")
    register("thief", activated_at=NOW - DAY, now=NOW - DAY, card=None, identifiers=[card])
    block_identifiers(
        identifier_ids=[Identifier.objects.get(kind="card").pk],
        reason="Stolen.", source="bank", by="ann", now=NOW - DAY,
    )  # fmt: skip
    arrive("ann", card=None, identifiers=[card])
    assert standing("ann") == "watched"
    assert Case.objects.get().band == "high"


def test_a_phone_number_that_was_given_up_is_the_operators_to_give_again() -> None:
    number = digest("phone", "+79990000001")
    since = NOW - 100 * DAY
    register("before", activated_at=since, now=since, msisdn=number)
    gone = NOW - 50 * DAY
    register("before", activated_at=since, status="closed", now=gone, msisdn=number)
    arrive("ann", msisdn=number)
    assert standing("ann") is None


def test_a_persons_word_is_not_overwritten() -> None:
    same = digest("card", "theirs")
    register("before", activated_at=NOW - DAY, now=NOW - DAY, identifiers=[same])
    arrive("ann", identifiers=[same])
    ann = [Subscriber.objects.get(external_id="ann").pk]
    set_standings(subscriber_ids=ann, standing="normal", reason="Fine.", by="sue", now=NOW)
    before = dump()
    assert screen_registrations(names=["ann", "nobody"], now=NOW + DAY) == 0
    assert dump() == before


def test_a_join_on_the_inviters_device_has_a_case_and_goes_on() -> None:
    device = digest("device", "theirs")
    since = NOW - 90 * DAY
    register("inviter", activated_at=since, now=since, identifiers=[device])
    invite("inviter", "invitee", now=NOW, identifiers=[device])
    assert Referral.objects.get().status == "joined"
    case = Case.objects.get()
    assert (case.queue, case.subject_type, case.value_minor) == ("account", "join", 30_000)
    assert case.other is not None
    assert case.other.external_id == "invitee"


def test_a_join_by_somebody_blocked_is_kept_as_refused() -> None:
    since = NOW - 90 * DAY
    inviter = register("inviter", activated_at=since, now=since)
    set_standings(
        subscriber_ids=[inviter.pk], standing="blocked", reason="Fraud.", by="sue", now=NOW
    )
    invite("inviter", "invitee", now=NOW)
    referral = Referral.objects.get()
    assert (referral.status, referral.reason) == ("refused", "refused_by_screen")
    assert news("referral.joined") == []
    assert [said["invitee_id"] for said in news("referral.refused")] == ["invitee"]
    # Somebody else may invite them.
    register("other", activated_at=since, now=since)
    other = register("invitee", activated_at=NOW, now=NOW + timedelta(hours=1))
    assert other.pk
