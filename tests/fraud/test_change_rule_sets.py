"""Drafting, proposing, shadowing and approving rule sets: two persons, and never back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, transaction

from fraud.models import Assessment, RuleSetVersion
from fraud.operations.change_rule_sets import (
    approve_rules,
    change_draft,
    draft_rules,
    end_shadow,
    propose_rules,
    return_rules,
    shadow_rules,
)
from fraud.operations.screen import screen
from fraud.policy.rulesets import (
    InvalidRuleSet,
    RuleSet,
    RuleSetIncomplete,
    RuleSetIsFixed,
    RuleSetNeedsSecondPerson,
    RuleSetNotInShadow,
    RuleSetNotProposed,
    UnknownRuleSet,
)
from fraud.queries.rule_sets import rule_sets_in_use
from fraud.queries.shadow import shadow_differences
from kernel.refusals import Refusal
from kernel.two_persons import ChangedSinceRead
from loyalty.policy.gate import Subject
from tests.books import dump, news
from tests.factories import digest, register
from tests.reading import rules_read

pytestmark = pytest.mark.django_db

STRICT = {"review_from": "0.05", "block_from": "0.9"}
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def draft() -> RuleSetVersion:
    return draft_rules(content=STRICT, note="stricter", by="maker")


@pytest.fixture
def proposed(draft: RuleSetVersion, now: datetime) -> RuleSetVersion:
    return propose_rules(
        number=draft.number, by="maker", now=now, digest=rules_read(draft.number, now=now)
    )


def refused(refusal: type[Refusal], act: Callable[[], object]) -> None:
    before = dump()
    with pytest.raises(refusal):
        act()
    assert dump() == before


def test_a_draft_is_kept_whole(draft: RuleSetVersion) -> None:
    assert (draft.number, draft.status) == (2, "draft")
    assert draft.content == {**RuleSet().content(), **STRICT}


def test_what_is_no_rule_set_is_no_draft(draft: RuleSetVersion) -> None:
    wrong = {"review_from": "1", "block_from": "0.5"}
    refused(InvalidRuleSet, lambda: draft_rules(content=wrong, note="", by="maker"))
    refused(InvalidRuleSet, lambda: change_draft(number=2, content=wrong, note="", by="maker"))


def test_only_a_draft_changes(proposed: RuleSetVersion, now: datetime) -> None:
    refused(RuleSetIsFixed, lambda: change_draft(number=2, content={}, note="", by="maker"))
    refused(
        RuleSetIsFixed,
        lambda: propose_rules(number=2, by="maker", now=now, digest=rules_read(2, now=now)),
    )
    return_rules(number=2)
    assert change_draft(number=2, content={"carrier_ip_above": 9}, note="x", by="maker").note == "x"
    assert RuleSetVersion.objects.get(number=2).content["carrier_ip_above"] == 9


def test_another_person_puts_it_live(proposed: RuleSetVersion, now: datetime) -> None:
    refused(
        RuleSetNeedsSecondPerson,
        lambda: approve_rules(number=2, by="maker", now=now, digest=rules_read(2, now=now)),
    )
    approve_rules(number=2, by="checker", now=now, digest=rules_read(2, now=now))
    [live] = rule_sets_in_use(now=now)
    assert (live.number, str(live.rules.review_from)) == (2, "0.05")
    [said] = news("rule_set.approved")
    assert (said["number"], said["approved_by"]) == (2, "checker")
    assert datetime.fromisoformat(said["starts_at"]) == now
    refused(
        RuleSetNotProposed,
        lambda: approve_rules(number=2, by="checker", now=now, digest=rules_read(2, now=now)),
    )
    refused(RuleSetNotProposed, lambda: return_rules(number=2))
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSetVersion.objects.filter(number=2).update(note="changed")


def test_only_what_was_read_goes_live(proposed: RuleSetVersion, now: datetime) -> None:
    def approve(digest: str) -> RuleSetVersion:
        return approve_rules(number=2, by="checker", now=now, digest=digest)

    read = rules_read(2, now=now)
    return_rules(number=2)
    propose_rules(number=2, by="maker", now=now + TICK, digest=rules_read(2, now=now))
    for other in ("", "é", read, rules_read(1, now=now)):
        refused(ChangedSinceRead, partial(approve, other))
    approve(rules_read(2, now=now))
    assert rule_sets_in_use(now=now)[0].number == 2


def test_the_newest_approval_is_live_whatever_the_clock(
    proposed: RuleSetVersion, now: datetime
) -> None:
    approve_rules(number=2, by="checker", now=now, digest=rules_read(2, now=now))
    draft_rules(content={}, note="", by="maker")
    propose_rules(number=3, by="maker", now=now, digest=rules_read(3, now=now))
    approve_rules(number=3, by="checker", now=now - DAY, digest=rules_read(3, now=now - DAY))
    assert rule_sets_in_use(now=now + TICK)[0].number == 3


def test_nothing_goes_live_that_stops_nothing(now: datetime) -> None:
    draft_rules(content={"review_from": None, "block_from": None}, note="", by="maker")
    propose_rules(number=2, by="maker", now=now, digest=rules_read(2, now=now))
    refused(
        RuleSetIncomplete,
        lambda: approve_rules(number=2, by="checker", now=now, digest=rules_read(2, now=now)),
    )
    weightless = dict.fromkeys(RuleSet().weights, "0")
    draft_rules(content={"weights": weightless}, note="", by="maker")
    propose_rules(number=3, by="maker", now=now, digest=rules_read(3, now=now))
    refused(
        RuleSetIncomplete,
        lambda: approve_rules(number=3, by="checker", now=now, digest=rules_read(3, now=now)),
    )


def test_what_was_never_drafted_is_unknown(now: datetime) -> None:
    for act in (
        lambda: change_draft(number=9, content={}, note="", by="maker"),
        lambda: propose_rules(number=9, by="maker", now=now, digest=rules_read(9, now=now)),
        lambda: return_rules(number=9),
        lambda: approve_rules(number=9, by="checker", now=now, digest=rules_read(9, now=now)),
        lambda: shadow_rules(number=9, by="maker", now=now),
        lambda: end_shadow(number=9),
    ):
        refused(UnknownRuleSet, act)


def test_a_shadow_scores_beside_the_live_one_and_stops_nothing(
    proposed: RuleSetVersion, now: datetime
) -> None:
    tablet = digest("device", "tablet")
    keys = [register(f"s{n}", identifiers=[tablet], now=now - 9 * DAY).pk for n in range(2)]
    alone = register("alone", now=now - 9 * DAY).pk
    shadow_rules(number=2, by="maker", now=now)
    shadow_rules(number=2, by="other", now=now + DAY)
    assert RuleSetVersion.objects.get(number=2).shadow_since_by == "maker"
    subjects = [
        Subject("redemption", f"r{key}", key, "bill_credit", 1_000 + key) for key in (*keys, alone)
    ]
    assert {said.outcome for said in screen(subjects=subjects, now=now)} == {"clear"}
    assert Assessment.objects.filter(is_shadow=True).count() == 3

    report = shadow_differences(number=2, since=now, until=now + DAY)
    assert report.compared == 3
    [difference] = report.differences
    assert (difference.live, difference.shadow, difference.count) == ("clear", "review", 2)
    assert difference.value_minor == 2_000 + sum(keys)
    assert [each.subscriber_id for each in difference.subjects] == sorted(keys, reverse=True)
    assert shadow_differences(number=2, since=now + DAY, until=now + 2 * DAY).compared == 0

    end_shadow(number=2)
    refused(RuleSetNotInShadow, lambda: end_shadow(number=2))
    assert [each.number for each in rule_sets_in_use(now=now)] == [1]


def test_only_what_is_proposed_goes_into_shadow(draft: RuleSetVersion, now: datetime) -> None:
    refused(RuleSetNotProposed, lambda: shadow_rules(number=2, by="maker", now=now))
    refused(RuleSetNotProposed, lambda: shadow_rules(number=1, by="maker", now=now))


@pytest.mark.parametrize("leave", ["return", "approve"])
def test_leaving_the_proposal_ends_the_shadow(
    proposed: RuleSetVersion, now: datetime, leave: str
) -> None:
    shadow_rules(number=2, by="maker", now=now)
    if leave == "return":
        version = return_rules(number=2)
    else:
        version = approve_rules(number=2, by="checker", now=now, digest=rules_read(2, now=now))
    assert version.shadow_since_at is None
    assert len(rule_sets_in_use(now=now)) == 1
