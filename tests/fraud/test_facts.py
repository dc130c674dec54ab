"""Facts are of their moment: nothing that came later changes them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import Subscriber
from accounts.operations import IdentifierSeen, record_uses
from fraud.models import BlockedIdentifier, ReferralNorm, SubscriberStanding
from fraud.policy.facts import Facts, Match, Place
from fraud.policy.rulesets import RuleSet
from fraud.queries.asked import Asked
from fraud.queries.facts import NOTHING_DEMANDED, facts_of
from loyalty.operations.reverse_refunds import ReversalItem, reverse_refunds
from loyalty.policy.gate import Subject
from referrals.models import Referral
from tests.factories import digest, give_back, invite, post, register, reserve
from tests.fraud.verdicts import DAY, NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def facts_at(subscriber: Subscriber, at: object = NOW, *, above: int = 50) -> Facts:
    subject = Subject("redemption", "asked", subscriber.pk, "bill_credit", 10_000)
    asked = [Asked(subject, at)]  # type: ignore[arg-type]
    [found] = facts_of(asked, [NOTHING_DEMANDED], limits={**RuleSet().limits, "ip": above})
    return found


def see(subscriber: Subscriber, kind: str, value: str, at: object = NOW) -> None:
    record_uses(seen=[IdentifierSeen(subscriber.pk, digest(kind, value), at)])  # type: ignore[arg-type]


@pytest.fixture
def ann() -> Subscriber:
    """With a device, a card, an address and an IP address of her own, and a bill."""
    identifiers = [digest(kind, f"ann's {kind}") for kind in ("device", "card", "address", "ip")]
    ann = register("ann", identifiers=identifiers, activated_at=NOW - 90 * DAY, now=NOW - 90 * DAY)
    post("bill", "ann", amount_minor=100_000, occurred_at=NOW - 9 * DAY, now=NOW - 9 * DAY)
    return ann


def test_nothing_that_comes_later_changes_facts(ann: Subscriber) -> None:
    pal = invite("ann", "pal", referral_id="of a pal", now=NOW - 40 * DAY)
    before = facts_at(ann)
    assert before.accounts_on_device == 0
    assert before.group is not None
    assert before.group.accounts == 2
    assert before.money is not None
    assert before.money.charged_minor == 100_000
    later = NOW + HOUR
    Referral.objects.filter(pk=pal.pk).update(status="refused", decided_at=later)
    for n in range(3):
        other = register(f"later-{n}", activated_at=later, now=later)
        for kind in ("device", "card", "address", "ip"):
            see(other, kind, f"ann's {kind}", later)
    see(ann, "device", "another device", later)
    invite("ann", "friend", now=later)
    post("next bill", "ann", occurred_at=NOW - DAY, now=later)
    give_back("refund", "bill", "ann", occurred_at=NOW - DAY, now=later)
    reserve("redemption", 100, "ann", payment_instrument=digest("card", "ann's own"), now=later)
    SubscriberStanding.objects.create(
        subscriber=ann, standing="watched", reason="x", set_at=later, set_by="x"
    )
    for use in ann.identifier_uses.all():
        BlockedIdentifier.objects.create(
            identifier_id=use.identifier_id, reason="x", source="x", blocked_at=later,
            blocked_by="x",
        )  # fmt: skip
    ReferralNorm.objects.create(
        day=(NOW + 2 * DAY).date(), inviters=1, mean_thousandths=1, deviation_thousandths=1
    )
    assert facts_at(ann) == before
    # And the same things count once they have happened.
    after = facts_at(ann, later + HOUR)
    assert (after.accounts_on_device, after.accounts_on_ip, after.standing) == (3, 3, "watched")
    assert after.others_at_device_and_address == 3
    assert after.registrations_per_day == 3
    assert after.group is not None
    assert after.group.accounts == 5
    assert Match("card", "list") in after.matches
    assert Match("card", "subscriber") in after.matches
    assert after.money is not None
    assert (after.money.charged_minor, after.money.refunded_minor) == (200_000, 10_000)


def test_each_subject_has_its_own_moment(ann: Subscriber) -> None:
    moments = [NOW - 2 * DAY, NOW, NOW + 2 * DAY]
    for n, at in enumerate(moments):
        see(register(f"o{n}", activated_at=at, now=at), "device", "ann's device", at)
    subject = Subject("redemption", "asked", ann.pk, "bill_credit", 10_000)
    asked = [Asked(replace_id(subject, n), at) for n, at in enumerate(moments)]
    found = facts_of(asked, [NOTHING_DEMANDED] * 3, limits=RuleSet().limits)
    assert [each.accounts_on_device for each in found] == [1, 2, 3]
    assert [each.registrations_per_day for each in found] == [1, 1, 1]


def replace_id(subject: Subject, n: int) -> Subject:
    return subject._replace(id=f"asked-{n}")


def test_an_address_of_a_carrier_says_nothing(ann: Subscriber) -> None:
    for n in range(4):
        see(register(f"o{n}", now=NOW - DAY), "ip", "ann's ip", NOW - DAY)
    shared = facts_at(ann, above=4)
    assert (shared.accounts_on_ip, Match("ip", "subscriber") in shared.matches) == (4, True)
    carrier = facts_at(ann, above=3)
    assert (carrier.accounts_on_ip, carrier.matches) == (None, ())
    assert replace(shared, accounts_on_ip=None, matches=(), registrations_per_day=0) == replace(
        carrier, registrations_per_day=0
    )
    # A device of as many is no carrier's.
    for n in range(4):
        see(Subscriber.objects.get(external_id=f"o{n}"), "device", "ann's device", NOW - DAY)
    assert facts_at(ann, above=3).accounts_on_device == 4


def test_another_address_beside_the_carriers_counts(ann: Subscriber) -> None:
    see(ann, "ip", "home", NOW - HOUR)
    for n in range(4):
        other = register(f"o{n}", now=NOW - DAY)
        see(other, "ip", "ann's ip", NOW - DAY)
        if n == 0:
            see(other, "ip", "home", NOW - DAY)
    assert facts_at(ann, above=3).accounts_on_ip == 1


@pytest.mark.parametrize(("closed_days_ago", "is_match"), [(100, False), (80, True)])
def test_a_phone_number_that_was_given_up_is_nobodys(closed_days_ago: int, is_match: bool) -> None:
    number = digest("phone", "+79160000001")
    closed_at = NOW - closed_days_ago * DAY
    register("old", msisdn=number, activated_at=NOW - 300 * DAY, now=NOW - 300 * DAY)
    register(
        "old",
        msisdn=number,
        activated_at=NOW - 300 * DAY,
        status="closed",
        closed_at=closed_at,
        now=closed_at,
    )
    bob = register("bob", msisdn=number, activated_at=NOW - 90 * DAY, now=NOW - 90 * DAY)
    found = facts_at(bob)
    assert (Match("phone", "subscriber") in found.matches) is is_match
    assert found.group is not None
    assert found.group.accounts == (2 if is_match else 1)


def test_places_are_of_the_address_seen_last_and_of_the_number() -> None:
    from accounts.api.bodies import digest_of

    bob = register("bob", msisdn=digest_of("phone", "+74951234567"), now=NOW - DAY)
    for address, at in (("8.8.8.8", NOW - 2 * HOUR), ("1.2.3.4", NOW - HOUR)):
        record_uses(seen=[IdentifierSeen(bob.pk, digest_of("ip", address), at)])
    found = facts_at(bob)
    assert found.home is not None
    assert found.home.country == "RU"
    assert found.ip == Place("AU")
    # The later address had not been seen then.
    assert facts_at(bob, NOW - HOUR - timedelta(minutes=1)).ip == Place("US")


def test_identifiers_of_the_inviter_and_of_other_invitees_are_told_apart() -> None:
    tablet, card = digest("device", "tablet"), "one card"
    register("inviter", identifiers=[tablet], now=NOW - 50 * DAY)
    first = invite("inviter", "first", referral_id="r1", card=card, now=NOW - 40 * DAY)
    second = invite("inviter", "second", referral_id="r2", card=card, now=NOW - 39 * DAY)
    see(second.invitee, "device", "tablet", NOW - 30 * DAY)
    subject = Subject(
        "payout", "p", second.inviter_id, "referral_bonus", 30_000, "r2", second.invitee_id
    )

    def matches(at: object) -> set[Match]:
        asked = [Asked(subject, at)]  # type: ignore[arg-type]
        [found] = facts_of(asked, [NOTHING_DEMANDED], limits=RuleSet().limits)
        return set(found.matches)

    assert matches(NOW) == {
        Match("card", "invitee"),
        Match("card", "subscriber"),
        Match("device", "inviter"),
        Match("device", "subscriber"),
    }
    assert matches(NOW - 35 * DAY) == {Match("card", "invitee"), Match("card", "subscriber")}
    assert first.inviter_id == second.inviter_id


def test_a_chargeback_that_was_won_counts_until_it_was_won(ann: Subscriber) -> None:
    give_back("f", "bill", "ann", reason="chargeback", occurred_at=NOW - 3 * DAY, now=NOW - 3 * DAY)
    counted = facts_at(ann, NOW - DAY - HOUR)
    item = ReversalItem("f", "ann")
    assert reverse_refunds(reversals=[item], now=NOW - DAY)[0].refusal is None
    assert facts_at(ann, NOW - DAY - HOUR) == counted
    assert counted.money is not None
    assert counted.money.refunded_minor == 10_000
    money = facts_at(ann).money
    assert money is not None
    assert (money.charged_minor, money.refunded_minor) == (100_000, 0)
