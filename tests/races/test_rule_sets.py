"""Two persons put rule sets live at once: one does, the other is told."""

from functools import partial

import pytest

from fraud.models import RuleSetVersion
from fraud.operations.change_rule_sets import approve_rules, draft_rules, propose_rules
from fraud.policy.rulesets import RuleSetNotProposed
from fraud.queries.rule_sets import rule_sets_in_use
from kernel.two_persons import ChangedSinceRead
from tests.fraud.stories import NOW
from tests.races.conftest import Run, errors
from tests.reading import rules_read

pytestmark = pytest.mark.usefixtures("committed")


def proposed() -> int:
    number = draft_rules(content={}, note="", by="maker").number
    propose_rules(number=number, by="maker", now=NOW, digest=rules_read(number, now=NOW))
    return number


def test_one_proposal_goes_live_once(at_once: Run) -> None:
    number = proposed()
    by = ("ann", "ben", "sue")
    approve = partial(approve_rules, number=number, digest=rules_read(number, now=NOW), now=NOW)
    results = at_once(*(partial(approve, by=who) for who in by))
    [won] = [result for result in results if isinstance(result, RuleSetVersion)]
    assert [type(error) for error in errors(results)] == [RuleSetNotProposed] * 2
    assert RuleSetVersion.objects.get(number=number).approved_by == won.approved_by


def test_of_two_proposals_that_replace_the_same_one_wins(at_once: Run) -> None:
    numbers = [proposed() for _ in range(3)]
    read = {number: rules_read(number, now=NOW) for number in numbers}
    approve = partial(approve_rules, by="ann", now=NOW)
    results = at_once(*(partial(approve, number=each, digest=read[each]) for each in numbers))
    [won] = [result for result in results if isinstance(result, RuleSetVersion)]
    assert [type(error) for error in errors(results)] == [ChangedSinceRead] * 2
    assert rule_sets_in_use(now=NOW)[0].number == won.number
