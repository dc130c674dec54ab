"""Two persons schedule for one moment, or one withdraws what another one schedules over."""

from datetime import timedelta
from functools import partial

import pytest

from fraud.models import RuleSetVersion
from fraud.operations.change_rule_sets import (
    approve_rules,
    draft_rules,
    propose_rules,
    withdraw_rules,
)
from fraud.policy.rulesets import RuleSetNotScheduled, RuleSetStartsInThePast
from fraud.queries.rule_sets import rule_set_course
from kernel.two_persons import ChangedSinceRead
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import (
    activate_terms,
    draft_terms,
    propose_terms,
    withdraw_terms,
)
from tests.fraud.stories import NOW
from tests.races.conftest import Run, errors
from tests.reading import rules_read, terms_read

pytestmark = pytest.mark.usefixtures("committed")

START = NOW + timedelta(days=1)


def proposed_rules() -> int:
    number = draft_rules(content={}, note="", by="maker").number
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    return number


def proposed_terms() -> int:
    number = draft_terms(content={}, note="", by="maker").number
    propose_terms(number=number, by="maker", now=NOW, digest=terms_read(number, now=NOW))
    return number


def approving(number: int) -> "partial[RuleSetVersion]":
    return partial(
        approve_rules, number=number, digest=rules_read(number, now=NOW), by="ann", now=NOW
    )


def test_of_rule_sets_for_one_moment_one_is_scheduled(at_once: Run) -> None:
    numbers = [proposed_rules() for _ in range(3)]
    results = at_once(*(partial(approving(number), starts_at=START) for number in numbers))
    # The first one is scheduled, and so the others were read beside one fewer.
    assert [type(error) for error in errors(results)] == [ChangedSinceRead] * 2
    assert len(rule_set_course(now=NOW).scheduled) == 1


def test_of_rule_sets_that_were_read_beside_none_one_is_scheduled(at_once: Run) -> None:
    starts = [START, START + timedelta(hours=1), START + timedelta(hours=2)]
    numbers = [proposed_rules() for _ in starts]
    results = at_once(
        *(
            partial(approving(number), starts_at=start)
            for number, start in zip(numbers, starts, strict=True)
        )
    )
    assert [type(error) for error in errors(results)] == [ChangedSinceRead] * 2


def test_a_rule_set_is_withdrawn_once(at_once: Run) -> None:
    number = proposed_rules()
    approve_rules(
        number=number, by="ann", now=NOW, starts_at=START, digest=rules_read(number, now=NOW)
    )
    withdraw = partial(withdraw_rules, number=number, reason="x", now=NOW)
    results = at_once(*(partial(withdraw, by=who) for who in ("ann", "ben", "sue")))
    [won] = [result for result in results if isinstance(result, RuleSetVersion)]
    assert [type(error) for error in errors(results)] == [RuleSetNotScheduled] * 2
    assert RuleSetVersion.objects.get(number=number).withdrawn_by == won.withdrawn_by


def test_a_withdrawal_and_another_one_for_the_same_moment(at_once: Run) -> None:
    first, second = proposed_rules(), proposed_rules()
    approve_rules(
        number=first, by="ann", now=NOW, starts_at=START, digest=rules_read(first, now=NOW)
    )
    results = at_once(
        partial(withdraw_rules, number=first, by="ann", reason="x", now=NOW),
        partial(approving(second), by="ben", starts_at=START),
    )
    # Whichever came first: the moment is taken at most once, and by nothing that was not read.
    [error] = errors(results)
    assert type(error) in (RuleSetStartsInThePast, ChangedSinceRead)
    assert RuleSetVersion.objects.get(number=first).status == "withdrawn"


def test_of_terms_for_one_moment_one_is_scheduled(at_once: Run) -> None:
    activate = partial(activate_terms, effective_from=START, by="ann", now=NOW)
    read = {number: terms_read(number, now=NOW) for number in (proposed_terms() for _ in range(3))}
    results = at_once(*(partial(activate, number=n, digest=d) for n, d in read.items()))
    assert [type(error) for error in errors(results)] == [ChangedSinceRead] * 2
    [active] = TermsVersion.objects.filter(status="active", number__gt=1)
    withdraw_terms(number=active.number, by="ann", reason="x", now=NOW)
