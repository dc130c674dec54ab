"""Linked accounts for people to look at: the nearest first, bounded, and not through carriers."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.api.bodies import digest_of
from accounts.models import Identifier, Subscriber
from fraud.admin.cases.page import linked_of
from fraud.operations.block_identifiers import block_identifiers
from fraud.operations.change_rule_sets import approve_rules, draft_rules, propose_rules
from fraud.operations.set_standings import set_standings
from fraud.policy.rulesets import RuleSet
from fraud.queries.graph import Linked, linked_accounts
from tests.factories import digest, invite, register
from tests.fraud.stories import DAY, NOW, suspicious_payout, the_case
from tests.reading import rules_read

pytestmark = pytest.mark.django_db


def member(name: str, *seen: tuple[str, str]) -> Subscriber:
    identifiers = [digest(*each) for each in (("card", f"card of {name}"), *seen)]
    return register(name, identifiers=identifiers, card=None, now=NOW - 2 * DAY)


def around(*subscribers: Subscriber, **said: Any) -> Linked:
    keys = [subscriber.pk for subscriber in subscribers]
    return linked_accounts(around=keys, limits={**RuleSet().limits, "ip": 2}, now=NOW, **said)


def names(linked: Linked) -> list[tuple[str, int]]:
    return [(account.name, account.distance) for account in linked.accounts]


def test_somebody_alone_is_alone() -> None:
    linked = around(member("ann"))
    assert names(linked) == [("ann", 0)]
    assert (linked.shared, linked.invitations, linked.is_cut) == ([], [], False)


def test_accounts_are_found_step_by_step() -> None:
    ann = member("ann", ("device", "d"))
    member("ben", ("device", "d"), ("address", "a"))
    member("cat", ("address", "a"), ("ip", "10.0.0.1"))
    member("dan", ("ip", "10.0.0.1"))
    member("eve", ("device", "other"))
    linked = around(ann)
    assert names(linked) == [("ann", 0), ("ben", 1), ("cat", 2), ("dan", 3)]
    assert {(each.kind, len(each.accounts), each.all_accounts) for each in linked.shared} == {
        ("device", 2, 2), ("address", 2, 2), ("ip", 2, 2),
    }  # fmt: skip


def test_whoever_shares_most_comes_first() -> None:
    ann = member("ann", ("device", "d"), ("address", "a"))
    member("ben", ("device", "d"))
    member("cat", ("device", "d"), ("address", "a"))
    assert [name for name, _ in names(around(ann))] == ["ann", "cat", "ben"]


def test_an_address_of_a_carrier_leads_nowhere_and_is_shown_between_those_who_are() -> None:
    ann = member("ann", ("ip", "10.0.0.1"), ("device", "d"))
    member("ben", ("ip", "10.0.0.1"), ("device", "d"))
    for n in range(5):
        member(f"stranger-{n}", ("ip", "10.0.0.1"))
    linked = around(ann)
    assert names(linked) == [("ann", 0), ("ben", 1)]
    assert {each.kind: each.all_accounts for each in linked.shared} == {"device": 2, "ip": 7}


def test_invitations_lead_in_both_directions() -> None:
    member("ann")
    invite("ann", "ben", now=NOW - DAY)
    invite("ben", "cat", referral_id="second", now=NOW - DAY + timedelta(hours=1))
    ben = Subscriber.objects.get(external_id="ben")
    linked = around(ben)
    assert set(names(linked)) == {("ben", 0), ("ann", 1), ("cat", 1)}
    by_id = {account.id: account.name for account in linked.accounts}
    invited = {(by_id[each.inviter], by_id[each.invitee]) for each in linked.invitations}
    assert invited == {("ann", "ben"), ("ben", "cat")}


def test_a_crowd_is_cut_and_says_so() -> None:
    ann = member("ann", ("device", "d"))
    for n in range(12):
        member(f"crowd-{n}", ("device", "d"))
    linked = around(ann, limit=10)
    assert (len(linked.accounts), linked.others) == (11, 10)
    assert (linked.found, linked.is_more) == (12, False)
    assert linked.is_cut
    assert linked.shared[0].all_accounts == 13


def test_what_is_blocked_and_who_is_watched_is_told() -> None:
    ann = member("ann", ("device", "d"))
    ben = member("ben", ("device", "d"))
    device = Identifier.objects.get(kind="device")
    block_identifiers(identifier_ids=[device.pk], reason="x", source="x", by="eve", now=NOW - DAY)
    set_standings(subscriber_ids=[ben.pk], standing="blocked", reason="x", by="eve", now=NOW)
    linked = around(ann)
    assert linked.shared[0].is_blocked
    assert [account.standing for account in linked.accounts] == ["normal", "blocked"]


def test_the_number_of_statements_does_not_grow() -> None:
    ann = member("ann", ("device", "d"))
    for n in range(30):
        member(f"crowd-{n}", ("device", "d"), ("address", f"a{n}"))
        member(f"beyond-{n}", ("address", f"a{n}"))
    with CaptureQueriesContext(connection) as caught:
        linked = around(ann)
    assert len(linked.accounts) == 61
    assert len(caught) <= 7


def test_an_address_and_its_mailbox_are_one() -> None:
    written = {"ann": "ann@gmail.com", "ben": "ann@gmail.com", "cat": "a.n.n+1@gmail.com"}
    for name, address in written.items():
        register(name, identifiers=[digest_of("email", address)], card=None, now=NOW - 2 * DAY)
    ann = Subscriber.objects.get(external_id="ann")
    [shared] = around(ann).shared
    assert (shared.kind, len(shared.accounts)) == ("email", 3)


def test_a_case_shows_what_the_live_rule_set_links() -> None:
    suspicious_payout()
    assert len(names(linked_of(the_case(), NOW))) == 7
    limits = {**RuleSet().links_above, "device": 3}
    draft_rules(content=RuleSet(links_above=limits).content(), note="", by="maker")
    for verb, by in ((propose_rules, "maker"), (approve_rules, "checker")):
        verb(number=2, digest=rules_read(2, now=NOW + DAY), by=by, now=NOW + DAY)
    assert len(names(linked_of(the_case(), NOW))) == 7
    assert names(linked_of(the_case(), NOW + DAY)) == [("subscriber", 0)]
