"""Taking cases: one analyst at a time, for an hour."""

from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection

from fraud.models import Case
from fraud.models.cases import QUEUE_ORDER
from fraud.operations.work_cases import (
    claim_case,
    claim_next_case,
    escalate_case,
    give_case_back,
    snooze_case,
)
from fraud.policy.cases import (
    Analyst,
    CaseNeedsSenior,
    CaseNotClaimed,
    CaseNotYours,
    CaseReasonMissing,
    SnoozeInThePast,
    SnoozeTooLong,
    UnknownCase,
)
from fraud.queries.cases import is_to_do
from fraud.queries.queue import queue_figures
from kernel.refusals import Refusal
from tests.books import dump
from tests.factories import register
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


@pytest.mark.parametrize(
    ("days", "refusal"), [(-1, SnoozeInThePast), (0, SnoozeInThePast), (31, SnoozeTooLong)]
)
def test_a_snooze_has_an_end(case: Case, days: int, refusal: type[Refusal]) -> None:
    claim(case)
    refused(refusal, lambda: snooze_case(
        case_id=case.pk, until=NOW + days * DAY, by=ANN, reason="Later.", now=NOW))  # fmt: skip


def test_a_snooze_that_is_repeated_is_a_replay(case: Case) -> None:
    said = {"case_id": case.pk, "until": NOW + DAY, "by": ANN, "reason": "Later."}
    claim(case)
    assert not snooze_case(**said, now=NOW).is_replay  # type: ignore[arg-type]
    before = dump()
    # Whatever became of the case meanwhile, and even once the moment has passed.
    for at in (NOW, NOW + HOUR, NOW + 2 * DAY):
        again = snooze_case(**said, now=at)  # type: ignore[arg-type]
        assert (again.is_replay, again.case.status) == (True, "snoozed")
    elsewhere = (NOW + DAY).astimezone(timezone(HOUR))
    assert snooze_case(**{**said, "until": elsewhere}, now=NOW).is_replay  # type: ignore[arg-type]
    assert dump() == before
    for other in ({"reason": "Sooner."}, {"until": NOW + 2 * DAY}, {"by": BEN}):
        refused(CaseNotClaimed, lambda: snooze_case(**{**said, **other}, now=NOW))  # type: ignore[arg-type]  # noqa: B023


def test_whoever_holds_a_case_anew_snoozes_it_anew(case: Case) -> None:
    said = {"case_id": case.pk, "until": NOW + DAY, "by": ANN, "reason": "Later."}
    claim(case)
    snooze_case(**said, now=NOW)  # type: ignore[arg-type]
    claim(case)
    assert not snooze_case(**said, now=NOW).is_replay  # type: ignore[arg-type]


def test_an_escalation_that_is_repeated_is_a_replay(case: Case) -> None:
    claim(case)
    assert not escalate_case(case_id=case.pk, by=ANN, reason="Odd.", now=NOW).is_replay
    before = dump()
    assert escalate_case(case_id=case.pk, by=ANN, reason="Odd.", now=NOW).is_replay
    assert dump() == before


def test_who_holds_no_case_is_told_whether_their_claim_has_lapsed(case: Case) -> None:
    def told(by: object, now: datetime) -> str:
        with pytest.raises(CaseNotClaimed) as caught:
            escalate_case(case_id=case.pk, by=by, reason="x", now=now)  # type: ignore[arg-type]
        return caught.value.detail

    nobody = "Nobody holds this case now: claim it first. A claim ends after 60 minutes."
    assert told(ANN, NOW) == nobody
    claim(case)
    assert told(BEN, NOW + HOUR) == nobody
    assert "lapsed" in told(ANN, NOW + HOUR)


def test_the_next_case_is_the_first_of_what_there_is_to_do() -> None:
    member = register("member", now=NOW - DAY)
    said = [
        # queue, band, value, hours until the deadline: in the order in which they are taken.
        ("account", "high", 0, 24),
        ("gate", "medium", 900, 72),
        ("gate", "medium", 500, 24),
        ("gate", "medium", 500, 48),
        ("gate", "low", 100, 24),
        ("sample", "medium", 100_000, 24),
        ("anomaly", "low", 900_000, 24),
    ]
    made = [
        Case.objects.create(
            queue=queue, subject_type="registration", subject_id=str(n), subscriber=member,
            value_minor=value, score_millionths=n, band=band, status="open", opened_at=NOW,
            due_at=NOW + hours * HOUR,
        )
        for n, (queue, band, value, hours) in reversed(list(enumerate(said)))
    ]  # fmt: skip
    listed = Case.objects.filter(is_to_do(ANN, NOW)).order_by(*QUEUE_ORDER)
    expected = list(reversed(made))
    assert list(listed) == expected
    assert [claim_next_case(by=ANN, now=NOW) for _ in said] == expected
    assert claim_next_case(by=ANN, now=NOW) is None


def test_the_order_has_an_index() -> None:
    waiting = Case.objects.exclude(status="closed").order_by(*QUEUE_ORDER)[:1]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    assert "case_in_order" in waiting.explain()


def test_what_there_is_to_do_depends_on_who_asks(case: Case) -> None:
    def to_do(by: Analyst, now: datetime = NOW) -> bool:
        figures = queue_figures(by=by, now=now)
        found = Case.objects.exclude(status="closed").filter(is_to_do(by, now)).count()
        assert figures.to_do == found
        return bool(found)

    assert to_do(ANN)
    assert to_do(BEN)
    claim(case)
    assert to_do(ANN)
    assert not to_do(BEN)
    assert to_do(BEN, NOW + HOUR)
    snooze_case(case_id=case.pk, until=NOW + DAY, by=ANN, reason="Later.", now=NOW)
    assert not to_do(ANN)
    assert to_do(ANN, NOW + DAY)
    claim(case, now=NOW + DAY)
    escalate_case(case_id=case.pk, by=ANN, reason="Odd.", now=NOW + DAY)
    assert not to_do(ANN, NOW + DAY)
    assert to_do(SUE, NOW + DAY)
    Case.objects.update(is_escalated=False, proposed_by="ben", proposed_at=NOW)
    assert to_do(ANN, NOW + DAY)
    assert not to_do(BEN, NOW + DAY)


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
