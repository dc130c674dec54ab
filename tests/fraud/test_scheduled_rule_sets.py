"""Rule sets that start later: found by their start, withdrawn until then, and never after."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from fraud.models import Assessment, RuleSetVersion
from fraud.operations.change_rule_sets import (
    approve_rules,
    draft_rules,
    propose_rules,
    withdraw_rules,
)
from fraud.operations.screen import screen
from fraud.policy.rulesets import (
    RuleSet,
    RuleSetNotScheduled,
    RuleSetStartsInThePast,
    UnknownRuleSet,
)
from fraud.queries.rule_sets import rule_set_course, rule_sets_in_use
from kernel.refusals import Refusal
from kernel.two_persons import ChangedSinceRead
from loyalty.policy.gate import Subject
from tests.books import dump, news, rows
from tests.factories import register
from tests.reading import rules_read

pytestmark = pytest.mark.django_db

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def proposed(now: datetime, **content: Any) -> int:
    number = draft_rules(content=content, note="", by="maker").number
    propose_rules(number=number, by="maker", now=now, digest=rules_read(number, now=now))
    return number


def approved(now: datetime, starts_at: datetime | None = None, **content: Any) -> int:
    number = proposed(now, **content)
    approve_rules(
        number=number,
        by="checker",
        now=now,
        starts_at=starts_at,
        digest=rules_read(number, now=now),
    )
    return number


def live(now: datetime) -> int:
    return rule_sets_in_use(now=now)[0].number


def states(now: datetime) -> dict[int, str]:
    course = rule_set_course(now=now)
    return {number: course.state_of(version) for number, version in course.versions.items()}


def refused(refusal: type[Refusal], act: Callable[[], object]) -> None:
    before = dump()
    with pytest.raises(refusal):
        act()
    assert dump() == before


def test_it_is_live_from_its_start_on_and_not_before(now: datetime) -> None:
    start = now + 3 * DAY
    approved(now, start)
    assert (live(now), live(start - TICK), live(start)) == (1, 1, 2)
    assert states(now) == {2: "scheduled", 1: "live"}
    assert states(start - TICK) == {2: "scheduled", 1: "live"}
    assert states(start) == {2: "live", 1: "approved"}
    assert datetime.fromisoformat(news("rule_set.approved")[0]["starts_at"]) == start


@pytest.mark.parametrize(("early", "number"), [(TICK, 1), (TICK - TICK, 2)])
def test_screening_goes_by_the_start(now: datetime, early: timedelta, number: int) -> None:
    start = now + DAY
    approved(now, start)
    key = register("anna", now=now - 9 * DAY).pk
    screen(subjects=[Subject("redemption", "r", key, "bill_credit", 100)], now=start - early)
    assert Assessment.objects.get().rule_set == number


@pytest.mark.parametrize("late", [timedelta(0), TICK, DAY])
def test_nothing_starts_in_the_past(now: datetime, late: timedelta) -> None:
    number = proposed(now)
    refused(
        RuleSetStartsInThePast,
        lambda: approve_rules(
            number=number,
            by="checker",
            now=now,
            starts_at=now - late,
            digest=rules_read(number, now=now),
        ),
    )


def test_two_never_start_together(now: datetime) -> None:
    approved(now, now + DAY)
    number = proposed(now)
    refused(
        RuleSetStartsInThePast,
        lambda: approve_rules(
            number=number,
            by="checker",
            now=now,
            starts_at=now + DAY,
            digest=rules_read(number, now=now),
        ),
    )


def test_one_that_starts_at_once_holds_until_the_scheduled_one(now: datetime) -> None:
    later = approved(now, now + DAY)
    at_once = approved(now + timedelta(hours=1))
    assert live(now + timedelta(hours=2)) == at_once
    assert live(now + DAY) == later
    assert states(now + 2 * DAY) == {at_once: "approved", later: "live", 1: "approved"}


def test_several_start_in_the_order_of_their_starts(now: datetime) -> None:
    last, first = approved(now, now + 2 * DAY), approved(now, now + DAY)
    course = rule_set_course(now=now)
    assert [each.number for each in course.scheduled] == [first, last]
    before = course.before(course.versions[last])
    assert before is not None
    assert before.number == first
    assert [live(now + days * DAY) for days in range(4)] == [1, first, last, last]


def test_one_at_once_never_starts_at_the_moment_of_a_scheduled_one(now: datetime) -> None:
    later = approved(now, now + DAY)
    at_once = approved(now + DAY - TICK)
    approved(now + DAY - TICK)
    starts = rows("SELECT coalesce(starts_at, approved_at) AS at FROM fraud_rulesetversion")
    assert len({row["at"] for row in starts}) == len(starts)
    assert live(now + 2 * DAY) not in (later, at_once)


def test_it_can_be_withdrawn_until_it_starts(now: datetime) -> None:
    start = now + DAY
    number = approved(now, start, review_from="0.3")
    version = withdraw_rules(number=number, by="ann", reason="too strict", now=start - TICK)
    assert (version.status, version.withdrawn_by, version.withdrawn_reason) == (
        "withdrawn", "ann", "too strict",
    )  # fmt: skip
    assert live(start) == live(start + DAY) == 1
    assert states(start) == {number: "withdrawn", 1: "live"}
    assert RuleSet.from_content(version.content).content()["review_from"] == "0.3"
    assert news("rule_set.withdrawn") == [
        {"number": number, "withdrawn_by": "ann", "reason": "too strict"}
    ]
    [event] = rows("SELECT pgh_context FROM fraud_rulesetversionevent WHERE status = 'withdrawn'")
    assert event["pgh_context"] == '{"by": "ann", "reason": "too strict"}'


@pytest.mark.parametrize("late", [timedelta(0), TICK, DAY])
def test_what_has_started_stays(now: datetime, late: timedelta) -> None:
    number, start = approved(now, now + DAY), now + DAY
    refused(
        RuleSetNotScheduled,
        lambda: withdraw_rules(number=number, by="ann", reason="late", now=start + late),
    )


def test_only_what_is_scheduled_is_withdrawn(now: datetime) -> None:
    at_once, waiting = approved(now), proposed(now)
    for number in (1, at_once, waiting):
        refused(
            RuleSetNotScheduled,
            partial(withdraw_rules, number=number, by="ann", reason="x", now=now),
        )
    refused(UnknownRuleSet, lambda: withdraw_rules(number=99, by="ann", reason="x", now=now))
    number = approved(now, now + DAY)
    withdraw_rules(number=number, by="ann", reason="x", now=now)
    refused(
        RuleSetNotScheduled,
        lambda: withdraw_rules(number=number, by="ann", reason="again", now=now),
    )


def test_another_may_start_when_the_withdrawn_one_would_have(now: datetime) -> None:
    first = approved(now, now + DAY)
    withdraw_rules(number=first, by="ann", reason="x", now=now)
    second = approved(now, now + DAY)
    assert live(now + DAY) == second


def test_only_against_what_was_read_as_scheduled(now: datetime) -> None:
    number, later = proposed(now), approved(now, now + DAY)

    def approve(digest: str) -> None:
        approve_rules(number=number, by="checker", now=now, digest=digest)

    read = rules_read(number, now=now)
    withdraw_rules(number=later, by="ann", reason="x", now=now)
    refused(ChangedSinceRead, lambda: approve(read))
    approve(rules_read(number, now=now))


@pytest.mark.parametrize(
    "change",
    [
        {"note": "another"},
        {"content": "{}"},
        {"status": "draft"},
        {"status": "withdrawn", "withdrawn_by": "ann", "withdrawn_at": "2099-01-01T00:00Z"},
        {
            "status": "withdrawn", "withdrawn_by": "ann", "withdrawn_at": "1999-01-01T00:00Z",
            "note": "another",
        },
    ],
)  # fmt: skip
def test_in_sql_too_nothing_but_a_withdrawal_is_possible(
    now: datetime, change: dict[str, Any]
) -> None:
    number = approved(now, now + DAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSetVersion.objects.filter(number=number).update(**change)
    withdraw_rules(number=number, by="ann", reason="x", now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSetVersion.objects.filter(number=number).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleSetVersion.objects.filter(number=number).delete()
