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
from fraud.policy.rulesets import RuleSetNotScheduled, RuleSetOutdated, RuleSetStartsInThePast
from fraud.queries.rule_sets import rule_set_course
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import (
    TermsBeginInThePast,
    activate_terms,
    draft_terms,
    propose_terms,
    withdraw_terms,
)
from tests.fraud.stories import NOW
from tests.races.conftest import Run, errors

pytestmark = pytest.mark.usefixtures("committed")

START = NOW + timedelta(days=1)


def proposed_rules() -> int:
    number = draft_rules(content={}, note="").number
    propose_rules(number=number, by="maker", now=NOW)
    return number


def proposed_terms() -> int:
    number = draft_terms(content={}, note="").number
    propose_terms(number=number, by="maker", now=NOW)
    return number


def test_of_rule_sets_for_one_moment_one_is_scheduled(at_once: Run) -> None:
    approve = partial(approve_rules, by="ann", now=NOW, starts_at=START)
    results = at_once(*(partial(approve, number=proposed_rules()) for _ in range(3)))
    assert [type(error) for error in errors(results)] == [RuleSetStartsInThePast] * 2
    assert len(rule_set_course(now=NOW).scheduled) == 1


def test_of_rule_sets_that_were_read_beside_none_one_is_scheduled(at_once: Run) -> None:
    approve = partial(approve_rules, by="ann", now=NOW, scheduled=[])
    starts = [START, START + timedelta(hours=1), START + timedelta(hours=2)]
    results = at_once(
        *(partial(approve, number=proposed_rules(), starts_at=start) for start in starts)
    )
    assert [type(error) for error in errors(results)] == [RuleSetOutdated] * 2


def test_a_rule_set_is_withdrawn_once(at_once: Run) -> None:
    number = proposed_rules()
    approve_rules(number=number, by="ann", now=NOW, starts_at=START)
    withdraw = partial(withdraw_rules, number=number, reason="x", now=NOW)
    results = at_once(*(partial(withdraw, by=who) for who in ("ann", "ben", "sue")))
    [won] = [result for result in results if isinstance(result, RuleSetVersion)]
    assert [type(error) for error in errors(results)] == [RuleSetNotScheduled] * 2
    assert RuleSetVersion.objects.get(number=number).withdrawn_by == won.withdrawn_by


def test_a_withdrawal_and_another_one_for_the_same_moment(at_once: Run) -> None:
    first, second = proposed_rules(), proposed_rules()
    approve_rules(number=first, by="ann", now=NOW, starts_at=START)
    results = at_once(
        partial(withdraw_rules, number=first, by="ann", reason="x", now=NOW),
        partial(approve_rules, number=second, by="ben", now=NOW, starts_at=START),
    )
    # Whichever came first: the moment is taken at most once.
    assert all(type(error) is RuleSetStartsInThePast for error in errors(results))
    assert RuleSetVersion.objects.get(number=first).status == "withdrawn"


def test_of_terms_for_one_moment_one_is_scheduled(at_once: Run) -> None:
    activate = partial(activate_terms, effective_from=START, by="ann", now=NOW)
    results = at_once(*(partial(activate, number=proposed_terms()) for _ in range(3)))
    assert [type(error) for error in errors(results)] == [TermsBeginInThePast] * 2
    [active] = TermsVersion.objects.filter(status="active", number__gt=1)
    withdraw_terms(number=active.number, by="ann", reason="x", now=NOW)
