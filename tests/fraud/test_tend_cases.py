"""What the clock does with cases."""

from datetime import timedelta
from typing import Any

import pytest

from fraud.models import Case, CaseEvent
from fraud.operations.tend_cases import Tended, tend_cases
from fraud.operations.work_cases import claim_case, snooze_case
from fraud.policy.cases import DEADLINES
from loyalty.operations.decide_payouts import refuse_payouts
from loyalty.operations.return_points import release_redemptions
from loyalty.operations.screen_payouts import screen_payouts
from tests.books import dump
from tests.factories import post, register, reserve
from tests.fraud.stories import ANN, DAY, NOW, steps_of, suspicious_payout, the_case
from tests.loyalty.promises import ask, state

pytestmark = pytest.mark.django_db

NOTHING = Tended(0, 0, 0, 0)


def test_what_the_four_eyes_limit_holds_gets_a_case_of_its_own() -> None:
    register("subscriber", now=NOW - DAY)
    payout_id = ask(value_minor=400_000, now=NOW)
    screen_payouts(now=NOW)
    assert state(payout_id)[0] == "in_review"
    assert not Case.objects.exists()
    assert tend_cases(now=NOW).opened == 1
    case = the_case()
    assert (case.queue, case.subject_id, case.band) == ("gate", str(payout_id), "low")
    assert case.assessment is not None
    before = dump()
    assert tend_cases(now=NOW) == NOTHING
    assert dump() == before


def test_claims_and_snoozes_end() -> None:
    suspicious_payout()
    case = the_case()
    claim_case(case_id=case.pk, by=ANN, now=NOW)
    assert tend_cases(now=NOW + timedelta(minutes=59)) == NOTHING
    assert tend_cases(now=NOW + timedelta(minutes=60)).freed == 1
    assert the_case().status == "open"
    claim_case(case_id=case.pk, by=ANN, now=NOW)
    snooze_case(case_id=case.pk, until=NOW + timedelta(hours=2), by=ANN, reason="x", now=NOW)
    assert tend_cases(now=NOW + timedelta(hours=2)).freed == 1
    assert steps_of(case)[-1] == ("wake", "clock")


@pytest.mark.parametrize("band", ["medium", "high"])
def test_a_deadline_that_lapses_hands_it_to_the_seniors_and_holds(band: str) -> None:
    payout_id = suspicious_payout()
    due = NOW + DEADLINES[band].after
    Case.objects.update(band=band, due_at=due)
    assert tend_cases(now=due - timedelta(microseconds=1)) == NOTHING
    assert tend_cases(now=due).lapsed == 1
    case = the_case()
    assert (case.is_escalated, case.has_lapsed, case.status) == (True, True, "open")
    assert state(payout_id)[0] == "in_review"
    assert tend_cases(now=due) == NOTHING


def test_only_the_lowest_band_is_let_out() -> None:
    payout_id = suspicious_payout()
    Case.objects.update(band="low", due_at=NOW)
    assert tend_cases(now=NOW).lapsed == 1
    assert state(payout_id)[0] == "paid"
    case = the_case()
    assert (case.status, case.verdict, case.decided_by) == ("closed", "inconclusive", "clock")


def test_a_second_persons_money_is_not_let_out_by_the_clock() -> None:
    payout_id = suspicious_payout(400_000)
    Case.objects.update(band="low", due_at=NOW)
    assert tend_cases(now=NOW).lapsed == 1
    assert state(payout_id)[0] == "in_review"
    assert the_case().is_escalated


def test_a_case_is_closed_when_its_benefit_was_decided_elsewhere() -> None:
    payout_id = suspicious_payout()
    refuse_payouts(payout_ids=[payout_id], reason="Odd.", by="eve", now=NOW)
    assert tend_cases(now=NOW).closed == 1
    assert steps_of(the_case())[-1] == ("close", "clock")
    assert tend_cases(now=NOW) == NOTHING


def test_a_case_is_closed_when_its_redemption_was_taken_back(settings: Any) -> None:
    settings.BENEFIT_SCREEN = ""
    register("subscriber", now=NOW - DAY)
    post("charge", occurred_at=NOW - DAY, now=NOW - DAY)
    assert reserve("r", 400, now=NOW).redemption.status == "in_review"
    tend_cases(now=NOW)
    claim_case(case_id=the_case().pk, by=ANN, now=NOW)
    release_redemptions(redemption_ids=["r"], now=NOW)
    assert tend_cases(now=NOW).closed == 1
    [event] = CaseEvent.objects.filter(step="close")
    assert (event.by, event.reason) == ("clock", "The subscriber took the redemption back.")
    assert tend_cases(now=NOW) == NOTHING
