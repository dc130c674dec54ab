"""Taking cases: one analyst at a time, for an hour."""

from datetime import timedelta

import pytest

from fraud.models import Case
from fraud.operations.work_cases import (
    claim_case,
    claim_next_case,
    escalate_case,
    give_case_back,
    snooze_case,
)
from fraud.policy.cases import (
    CaseNeedsSenior,
    CaseNotClaimed,
    CaseNotYours,
    CaseReasonMissing,
    SnoozeTooLong,
    UnknownCase,
)
from kernel.refusals import Refusal
from tests.books import dump
from tests.fraud.stories import ANN, BEN, DAY, NOW, SUE, steps_of, suspicious_payout, the_case

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
def case() -> Case:
    suspicious_payout()
    return the_case()


def claim(case: Case, by: object = ANN, now: object = NOW) -> Case:
    return claim_case(case_id=case.pk, by=by, now=now)  # type: ignore[arg-type]


def test_a_claim_lasts_an_hour(case: Case) -> None:
    claim(case)
    with pytest.raises(CaseNotYours):
        claim(case, BEN, NOW + HOUR - TICK)
    taken = claim(case, BEN, NOW + HOUR)
    assert (taken.status, taken.claimed_by) == ("claimed", "ben")
    assert steps_of(case) == [("open", "screen"), ("claim", "ann"), ("claim", "ben")]


def test_a_refused_claim_changes_nothing(case: Case) -> None:
    claim(case)
    before = dump()
    with pytest.raises(CaseNotYours):
        claim(case, BEN)
    with pytest.raises(UnknownCase):
        claim_case(case_id=case.pk + 1, by=BEN, now=NOW)
    assert dump() == before


def test_the_next_case_is_the_most_valuable_one_that_is_free(case: Case) -> None:
    assert claim_next_case(by=ANN, now=NOW) == case
    assert claim_next_case(by=BEN, now=NOW) is None
    assert claim_next_case(by=BEN, now=NOW + HOUR) == case


def test_an_escalated_case_is_a_seniors(case: Case) -> None:
    claim(case)
    escalate_case(case_id=case.pk, by=ANN, reason="Too odd for me.", now=NOW)
    with pytest.raises(CaseNeedsSenior):
        claim(case)
    assert claim_next_case(by=ANN, now=NOW) is None
    assert claim_next_case(by=SUE, now=NOW) == case


def test_a_snoozed_case_comes_back(case: Case) -> None:
    claim(case)
    snooze_case(case_id=case.pk, until=NOW + DAY, by=ANN, reason="They will call.", now=NOW)
    assert claim_next_case(by=BEN, now=NOW + DAY - TICK) is None
    assert claim_next_case(by=BEN, now=NOW + DAY) == case


def test_a_case_that_is_given_back_is_free(case: Case) -> None:
    claim(case)
    give_case_back(case_id=case.pk, by=ANN, reason="", now=NOW)
    assert claim_next_case(by=BEN, now=NOW) == case


@pytest.mark.parametrize("days", [0, 31])
def test_a_snooze_has_an_end(case: Case, days: int) -> None:
    claim(case)
    refused(SnoozeTooLong, lambda: snooze_case(
        case_id=case.pk, until=NOW + days * DAY, by=ANN, reason="Later.", now=NOW))  # fmt: skip


def test_only_the_holder_goes_on(case: Case) -> None:
    refused(CaseNotClaimed, lambda: escalate_case(case_id=case.pk, by=ANN, reason="x", now=NOW))
    claim(case)
    refused(CaseNotYours, lambda: escalate_case(case_id=case.pk, by=BEN, reason="x", now=NOW))
    late = NOW + HOUR
    refused(CaseNotClaimed, lambda: escalate_case(case_id=case.pk, by=ANN, reason="x", now=late))
    refused(CaseReasonMissing, lambda: escalate_case(case_id=case.pk, by=ANN, reason=" ", now=NOW))


def refused(refusal: type[Refusal], call: object) -> None:
    before = dump()
    with pytest.raises(refusal) as caught:
        call()  # type: ignore[operator]
    assert type(caught.value) is refusal
    assert dump() == before
