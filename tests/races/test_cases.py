"""Analysts who act at the same moment."""

from datetime import timedelta

from fraud.models import Case
from fraud.operations.decide_and_go_on import WentOn, decide_and_go_on
from fraud.operations.decide_cases import Decided, decide_case
from fraud.operations.work_cases import claim_case, claim_next_case
from fraud.policy.cases import CaseClosed
from fraud.policy.verdicts import Verdict
from tests.browser import story
from tests.fraud.stories import ANN, BEN, NOW, SUE
from tests.races.conftest import Run

FRAUD, INNOCENT = Verdict("confirmed_fraud", "x"), Verdict("false_positive", "x")


def test_two_who_ask_for_the_next_case_get_two(at_once: Run) -> None:
    story.ring(NOW)
    taken = at_once(
        lambda: claim_next_case(by=ANN, now=NOW), lambda: claim_next_case(by=BEN, now=NOW)
    )
    assert taken[0].pk != taken[1].pk
    assert {case.claimed_by for case in taken} == {"ann", "ben"}


def test_of_two_windows_that_decide_one_wins(at_once: Run) -> None:
    story.ring(NOW)
    case = Case.objects.get(subject_type="payout")
    claim_case(case_id=case.pk, by=ANN, now=NOW)
    results = at_once(
        *(
            lambda verdict=verdict: decide_case(case_id=case.pk, verdict=verdict, by=ANN, now=NOW)
            for verdict in (FRAUD, INNOCENT)
        )
    )
    assert {type(each) for each in results} == {Decided, CaseClosed}
    case.refresh_from_db()
    [won] = [each for each in results if isinstance(each, Decided)]
    assert case.verdict == won.case.verdict


def test_going_on_at_once_leads_to_different_cases(at_once: Run) -> None:
    story.ring(NOW)
    late = NOW + timedelta(minutes=1)
    held = {by: claim_next_case(by=by, now=NOW) for by in (ANN, SUE)}
    assert all(held.values())
    results = at_once(
        *(
            lambda by=by, case=case: decide_and_go_on(
                case_id=case.pk, verdict=INNOCENT, by=by, now=late
            )
            for by, case in held.items()
        )
    )
    assert all(isinstance(each, WentOn) for each in results)
    following = [each.next.pk for each in results]
    assert len(set(following)) == 2
