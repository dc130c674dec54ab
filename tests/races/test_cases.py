"""Analysts at once: one wins, the others are told."""

from datetime import timedelta
from functools import partial

import pytest

from fraud.models import Case, CaseEvent
from fraud.operations.decide_and_go_on import WentOn, decide_and_go_on
from fraud.operations.decide_cases import Decided, decide_case
from fraud.operations.tend_cases import tend_cases
from fraud.operations.work_cases import claim_case, claim_next_case
from fraud.policy.cases import Analyst, CaseClosed, CaseNotYours
from fraud.policy.verdicts import Verdict
from loyalty.models import Payout
from loyalty.operations.screen_payouts import screen_payouts
from tests.books import wallet
from tests.browser import story
from tests.factories import register
from tests.fraud.stories import ANN, DAY, NOW, SUE, phone, suspicious_payout, the_case
from tests.loyalty.promises import ask
from tests.races.conftest import Run, errors

pytestmark = pytest.mark.usefixtures("committed")

FRAUD, INNOCENT = Verdict("confirmed_fraud", "One person."), Verdict("false_positive", "A family.")


def analysts(number: int) -> list[Analyst]:
    return [Analyst(f"analyst-{n}") for n in range(number)]


def test_of_many_claims_one_wins(at_once: Run) -> None:
    suspicious_payout()
    case = the_case().pk
    claims = [partial(claim_case, case_id=case, by=by, now=NOW) for by in analysts(8)]
    results = at_once(*claims)
    [won] = [result for result in results if isinstance(result, Case)]
    assert [type(error) for error in errors(results)] == [CaseNotYours] * 7
    assert the_case().claimed_by == won.claimed_by
    assert CaseEvent.objects.filter(step="claim").count() == 1


def test_each_who_asks_for_the_next_gets_another(at_once: Run) -> None:
    suspicious_payout()
    for n in range(3):
        since = NOW - DAY
        register(f"more-{n}", identifiers=[phone()], activated_at=since, now=since)
        ask(f"cause-{n}", subscriber_id=f"more-{n}", now=NOW)
    screen_payouts(now=NOW)
    assert Case.objects.count() == 4
    results = at_once(*[partial(claim_next_case, by=by, now=NOW) for by in analysts(6)])
    assert not errors(results)
    taken = [case.pk for case in results if case is not None]
    assert len(taken) == len(set(taken)) == 4


def test_of_two_verdicts_at_once_one_is_given(at_once: Run) -> None:
    suspicious_payout()
    case = the_case().pk
    claim_case(case_id=case, by=ANN, now=NOW)
    results = at_once(
        *[
            partial(decide_case, case_id=case, verdict=verdict, by=ANN, now=NOW)
            for verdict in (FRAUD, INNOCENT) * 4
        ]
    )
    final = [r for r in results if isinstance(r, Decided) and not r.is_replay]
    assert len(final) == 1
    assert {type(error) for error in errors(results)} == {CaseClosed}
    paid = Payout.objects.get().status == "paid"
    assert paid == (the_case().verdict == "false_positive")
    assert wallet("subscriber")["available"] == (30_000 if paid else 0)
    assert CaseEvent.objects.filter(step="decide").count() == 1


def test_screening_deciding_and_tending_at_once_agree(at_once: Run) -> None:
    suspicious_payout()
    case = the_case().pk
    claim_case(case_id=case, by=ANN, now=NOW)
    ask("another", now=NOW)
    results = at_once(
        partial(decide_case, case_id=case, verdict=INNOCENT, by=ANN, now=NOW),
        partial(screen_payouts, now=NOW),
        partial(tend_cases, now=NOW),
        partial(screen_payouts, now=NOW),
    )
    assert not errors(results)
    tend_cases(now=NOW)
    waiting = Payout.objects.filter(status="in_review").count()
    assert Case.objects.exclude(status="closed").count() == waiting


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
