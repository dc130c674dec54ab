"""E-mail addresses of one mailbox are one: inviting oneself, the block list, the graph."""

from datetime import timedelta

import pytest

from accounts.api.bodies import digest_of
from accounts.models import Identifier, IdentifierUse, Subscriber
from accounts.operations import IdentifierSeen, know_identifiers, record_uses
from accounts.policy.identifiers import IdentifierDigest
from fraud.models import BlockedIdentifier
from fraud.operations.block_identifiers import (
    NewBlock,
    block_digests,
    block_identifiers,
    import_blocks,
)
from fraud.operations.screen import screen
from fraud.policy.facts import Match
from fraud.policy.rulesets import RuleSet
from fraud.queries.asked import Asked
from fraud.queries.blocks import blocked_among
from fraud.queries.facts import NOTHING_DEMANDED, facts_of
from fraud.queries.graph import linked_accounts
from loyalty.policy.gate import Subject
from referrals.queries.plain_screen import screen as plain_screen
from tests.factories import digest, invite, register
from tests.fraud.verdicts import DAY, NOW

pytestmark = pytest.mark.django_db

# One mailbox by each of the ways in which its address may be written.
ALIASES = [
    ("ann.smith@gmail.com", "AnnSmith+2@googlemail.com"),
    ("ann-smith@yandex.ru", "ann.smith@ya.ru"),
    ("ann@mail.ru", "Ann@bk.ru"),
    ("ann@example.com", "ANN+shop@example.com"),
    ("ann@example.com", "ann@example.com"),
]


def member(name: str, *emails: str, days: int = 90) -> Subscriber:
    at = NOW - timedelta(days=days)
    own = [digest("card", f"card of {name}"), *(digest_of("email", each) for each in emails)]
    return register(name, activated_at=at, now=at, identifiers=own)


def benefit(name: str) -> Subject:
    key = Subscriber.objects.get(external_id=name).pk
    return Subject("redemption", f"r-{name}", key, "bill_credit", 10_000)


def matches(name: str) -> set[Match]:
    [found] = facts_of([Asked(benefit(name), NOW)], [NOTHING_DEMANDED], limits=RuleSet().limits)
    return set(found.matches)


@pytest.mark.parametrize(("one", "other"), ALIASES)
def test_an_alias_of_the_inviter_is_the_inviter(one: str, other: str) -> None:
    member("inviter", one)
    referral = invite("inviter", "invitee", now=NOW - 20 * DAY)
    address = digest_of("email", other)
    record_uses(seen=[IdentifierSeen(referral.invitee_id, address, NOW - 20 * DAY)])
    join = Subject(
        "join",
        referral.referral_id,
        referral.inviter_id,
        "join",
        60_000,
        cause_id=referral.referral_id,
        depends_on_id=referral.invitee_id,
    )
    [screening] = screen(subjects=[join], now=NOW)
    assert "self_referral" in [reason.code for reason in screening.reasons]
    payout = join._replace(type="payout", kind="referral_bonus")
    [plain] = plain_screen(subjects=[payout], now=NOW)
    assert [reason.code for reason in plain.reasons] == ["email_shared_with_inviter"]


@pytest.mark.parametrize("kind", ["passport", "card", "phone", "device", "email"])
def test_whatever_names_a_person_tells_that_somebody_invites_themselves(kind: str) -> None:
    same = digest(kind, "+79990000001" if kind == "phone" else "ann@example.com")
    member("inviter")
    referral = invite("inviter", "invitee", now=NOW - 20 * DAY)
    # Both were seen with it only after the invitation, which would have been refused.
    record_uses(
        seen=[
            IdentifierSeen(key, same, NOW - 10 * DAY)
            for key in (referral.inviter_id, referral.invitee_id)
        ]
    )
    payout = Subject(
        "payout",
        "p",
        referral.inviter_id,
        "referral_bonus",
        60_000,
        cause_id=referral.referral_id,
        depends_on_id=referral.invitee_id,
    )
    [screening] = screen(subjects=[payout], now=NOW)
    assert "self_referral" in [reason.code for reason in screening.reasons]
    [plain] = plain_screen(subjects=[payout], now=NOW)
    assert [reason.code for reason in plain.reasons] == [f"{kind}_shared_with_inviter"]


def test_two_mailboxes_are_no_match() -> None:
    member("ann", "ann@gmail.com")
    member("ben", "ben@gmail.com")
    assert matches("ben") == set()


@pytest.mark.parametrize(("one", "other"), ALIASES)
def test_blocking_one_address_blocks_the_others(one: str, other: str) -> None:
    member("ann", other)
    member("ben", "ben@example.com")
    said = {"reason": "Stolen.", "by": "sue", "now": NOW - DAY}
    assert block_digests(digests=[digest_of("email", one)], source="by hand", **said) == 1  # type: ignore[arg-type]
    assert Match("mailbox", "list") in matches("ann")
    [screening, untouched] = screen(subjects=[benefit("ann"), benefit("ben")], now=NOW)
    assert screening.outcome == "refuse"
    [reason] = [each for each in screening.reasons if each.code == "blocked_identifier"]
    assert reason.detail == "On the block list: email."
    assert "blocked_identifier" not in [each.code for each in untouched.reasons]
    # It stands there once, by whichever address.
    again = [NewBlock(digest_of("email", other), "Stolen.")]
    assert import_blocks(blocks=again, source="a file", by="sue", now=NOW) == 0


def test_an_address_that_a_case_shows_is_blocked_with_its_mailbox() -> None:
    member("ann", "ann@gmail.com")
    member("eve", "a.n.n@googlemail.com")
    address = Identifier.objects.filter(kind="email", uses__subscriber__external_id="ann").get()
    assert address.mailbox is not None
    block_identifiers(
        identifier_ids=[address.pk, address.mailbox.pk],
        reason="Stolen.",
        source="case 1",
        by="sue",
        now=NOW - DAY,
    )
    assert BlockedIdentifier.objects.get().identifier == address.mailbox
    emails = list(Identifier.objects.filter(kind="email").values_list("pk", flat=True))
    assert blocked_among(emails, NOW) == set(emails)
    assert Match("mailbox", "list") in matches("eve")


def test_an_address_of_before_gets_its_mailbox_with_all_who_had_it() -> None:
    address = digest_of("email", "ann@gmail.com")
    kept_before = IdentifierDigest("email", address.digest, address.key_id, address.hint)
    for place, name in enumerate(("ann", "ben")):
        subscriber = member(name)
        seen_at = NOW - (9 - place) * DAY
        record_uses(seen=[IdentifierSeen(subscriber.pk, kept_before, seen_at)])
    assert not Identifier.objects.filter(kind="mailbox").exists()
    know_identifiers(identifiers=[address])
    uses = IdentifierUse.objects.filter(identifier__kind="mailbox").order_by("first_seen_at")
    assert [(use.subscriber.external_id, use.first_seen_at) for use in uses] == [
        ("ann", NOW - 9 * DAY),
        ("ben", NOW - 8 * DAY),
    ]
    again = know_identifiers(identifiers=[address])
    assert again == know_identifiers(identifiers=[address])
    assert uses.count() == 2


def test_accounts_of_one_mailbox_are_linked() -> None:
    ann = member("ann", "ann@gmail.com")
    member("eve", "a.nn@gmail.com")
    linked = linked_accounts(around=[ann.pk], limits=RuleSet().limits, now=NOW)
    assert [account.name for account in linked.accounts] == ["ann", "eve"]
    assert [shared.kind for shared in linked.shared] == ["email"]
    [found] = facts_of([Asked(benefit("ann"), NOW)], [NOTHING_DEMANDED], limits=RuleSet().limits)
    assert found.group is not None
    assert found.group.accounts == 2
