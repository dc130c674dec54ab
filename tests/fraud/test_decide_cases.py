"""Verdicts over cases, with all their consequences in one transaction."""

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.models import Identifier, Subscriber
from fraud.models import BlockedIdentifier, Case, RuleSnooze, SubscriberStanding
from fraud.operations.block_identifiers import UnknownIdentifier, block_identifiers
from fraud.operations.decide_cases import decide_case, decide_cases
from fraud.operations.screen import screen
from fraud.operations.work_cases import claim_case
from fraud.policy.cases import (
    Analyst,
    CaseClosed,
    CaseNotClaimed,
    CaseNotYours,
    CaseReasonMissing,
    SecondAnalystNeeded,
)
from fraud.policy.verdicts import InvalidVerdict, Verdict
from kernel.refusals import Refusal
from loyalty.models import Payout
from loyalty.operations.decide_payouts import clear_payouts
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import Subject
from tests.books import dump, news, wallet
from tests.factories import register
from tests.fraud.stories import ANN, BEN, DAY, NOW, phone, steps_of, suspicious_payout, the_case
from tests.loyalty.promises import ask, state

pytestmark = pytest.mark.django_db

FRAUD = Verdict("confirmed_fraud", "One person with seven accounts.")
INNOCENT = Verdict("false_positive", "A family with one tablet.")


@pytest.fixture
def payout_id() -> UUID:
    return suspicious_payout()


def decide(verdict: Verdict, by: Analyst = ANN) -> bool:
    case = the_case()
    claim_case(case_id=case.pk, by=by, now=NOW)
    return decide_case(case_id=case.pk, verdict=verdict, by=by, now=NOW).is_final


def subscriber() -> Subscriber:
    return Subscriber.objects.get(external_id="subscriber")


def standing(name: str = "subscriber") -> str | None:
    found = SubscriberStanding.objects.filter(subscriber__external_id=name).first()
    return found.standing if found is not None else None


def test_a_false_positive_lets_it_out(payout_id: UUID) -> None:
    assert decide(INNOCENT)
    assert state(payout_id)[0] == "paid"
    assert wallet("subscriber")["available"] == 30_000
    case = the_case()
    assert (case.status, case.verdict, case.decided_by) == ("closed", "false_positive", "ann")
    assert case.claimed_by is None
    assert steps_of(case)[-1] == ("decide", "ann")
    assert news("case.closed")[0]["verdict"] == "false_positive"


def test_fraud_refuses_blocks_and_marks(payout_id: UUID) -> None:
    device = Identifier.objects.get(kind="device")
    linked = Subscriber.objects.get(external_id="crowd-0")
    assert decide(Verdict(FRAUD.verdict, FRAUD.reason, block=[device.pk], linked=[linked.pk]))
    assert state(payout_id)[0] == "refused"
    assert (standing(), standing("crowd-0"), standing("crowd-1")) == ("blocked", "blocked", None)
    block = BlockedIdentifier.objects.get()
    assert (block.identifier, block.blocked_by) == (device, "ann")
    assert block.source == f"case {the_case().pk}"


def test_whoever_is_blocked_gets_nothing_more(payout_id: UUID) -> None:
    decide(FRAUD)
    again = Subject("redemption", "r", subscriber().pk, "bill_credit", 100)
    [said] = screen(subjects=[again], now=NOW + DAY)
    assert said.outcome == "refuse"
    assert "subscriber_blocked" in [reason.code for reason in said.reasons]


def test_a_blocked_identifier_stops_whoever_comes_with_it(payout_id: UUID) -> None:
    device = Identifier.objects.get(kind="device")
    decide(Verdict(FRAUD.verdict, FRAUD.reason, block=[device.pk]))
    stranger = Subscriber.objects.get(external_id="crowd-3")
    subject = Subject("redemption", "r", stranger.pk, "bill_credit", 100)
    [said] = screen(subjects=[subject], now=NOW + DAY)
    assert said.outcome == "refuse"


def test_a_false_positive_can_silence_a_rule_for_a_while(payout_id: UUID) -> None:
    until = NOW + timedelta(days=30)
    verdict = Verdict(INNOCENT.verdict, "x", snooze_rules=["household"], snooze_until=until)
    decide(verdict)
    assert RuleSnooze.objects.get().until == until


def test_above_the_four_eyes_limit_two_analysts_agree() -> None:
    payout_id = suspicious_payout(400_000)
    assert not decide(INNOCENT)
    case = the_case()
    assert (case.status, case.proposed_by) == ("open", "ann")
    assert state(payout_id)[0] == "in_review"
    before = dump()
    with pytest.raises(SecondAnalystNeeded):
        claim_case(case_id=case.pk, by=ANN, now=NOW)
    assert dump() == before
    # Sent again, the proposal is a replay; with another content it is not.
    again = decide_case(case_id=case.pk, verdict=INNOCENT, by=ANN, now=NOW)
    assert (again.is_final, again.is_replay) == (False, True)
    with pytest.raises(CaseNotClaimed):
        decide_case(case_id=case.pk, verdict=FRAUD, by=ANN, now=NOW)
    assert dump() == before
    assert decide(INNOCENT, BEN)
    assert state(payout_id)[0] == "paid"
    again = decide_case(case_id=case.pk, verdict=INNOCENT, by=BEN, now=NOW)
    assert (again.is_final, again.is_replay) == (True, True)


@pytest.mark.parametrize(("consequence", "status"), [("release", "paid"), ("refuse", "refused")])
def test_the_inconclusive_says_what_happens(payout_id: UUID, consequence: str, status: str) -> None:
    assert decide(Verdict("inconclusive", "Nobody answers.", consequence))
    assert state(payout_id)[0] == status
    assert standing() is None


@pytest.mark.parametrize(
    ("verdict", "refusal"),
    [
        (Verdict("guilty", "x"), InvalidVerdict),
        (Verdict("confirmed_fraud", " "), CaseReasonMissing),
        (Verdict("inconclusive", "x"), InvalidVerdict),
        (Verdict("false_positive", "x", "refuse"), InvalidVerdict),
        (Verdict("confirmed_fraud", "x", "release"), InvalidVerdict),
        (Verdict("false_positive", "x", block=[1]), InvalidVerdict),
        (Verdict("false_positive", "x", linked=[1]), InvalidVerdict),
        (Verdict("confirmed_fraud", "x", snooze_rules=["household"]), InvalidVerdict),
        (Verdict("false_positive", "x", snooze_rules=["household"]), InvalidVerdict),
        (
            Verdict("false_positive", "x", snooze_rules=["above_cap"], snooze_until=NOW + DAY),
            InvalidVerdict,
        ),
        (
            Verdict("false_positive", "x", snooze_rules=["household"], snooze_until=NOW),
            InvalidVerdict,
        ),
        (Verdict("confirmed_fraud", "x", block=[10**9]), UnknownIdentifier),
    ],
)
@pytest.mark.usefixtures("payout_id")
def test_what_cannot_be_said_changes_nothing(verdict: Verdict, refusal: type[Refusal]) -> None:
    case = the_case()
    claim_case(case_id=case.pk, by=ANN, now=NOW)
    before = dump()
    with pytest.raises(refusal) as caught:
        decide_case(case_id=case.pk, verdict=verdict, by=ANN, now=NOW)
    assert type(caught.value) is refusal
    assert dump() == before


@pytest.mark.usefixtures("payout_id")
def test_only_its_holder_decides_and_once() -> None:
    case = the_case()
    with pytest.raises(CaseNotClaimed):
        decide_case(case_id=case.pk, verdict=FRAUD, by=ANN, now=NOW)
    claim_case(case_id=case.pk, by=ANN, now=NOW)
    with pytest.raises(CaseNotYours):
        decide_case(case_id=case.pk, verdict=FRAUD, by=BEN, now=NOW)
    late = NOW + timedelta(hours=1)
    with pytest.raises(CaseNotClaimed):
        decide_case(case_id=case.pk, verdict=FRAUD, by=ANN, now=late)
    decide_case(case_id=case.pk, verdict=FRAUD, by=ANN, now=NOW)
    before = dump()
    with pytest.raises(CaseClosed):
        decide_case(case_id=case.pk, verdict=INNOCENT, by=ANN, now=NOW)
    assert dump() == before


def test_many_are_decided_alike_or_none(payout_id: UUID) -> None:
    stranger = register("stranger", now=NOW - DAY)
    Case.objects.create(
        queue="account", subject_type="registration", subject_id="stranger", subscriber=stranger,
        value_minor=0, score_millionths=0, band="medium", status="open", opened_at=NOW,
        due_at=NOW + DAY,
    )  # fmt: skip
    ids = list(Case.objects.values_list("pk", flat=True))
    claim_case(case_id=ids[0], by=BEN, now=NOW)
    before = dump()
    with pytest.raises(CaseNotYours):
        decide_cases(case_ids=ids, verdict=FRAUD, by=ANN, now=NOW)
    assert dump() == before
    decided = decide_cases(case_ids=ids, verdict=FRAUD, by=BEN, now=NOW)
    assert [each.is_final for each in decided] == [True, True]
    assert state(payout_id)[0] == "refused"
    assert standing("stranger") == "blocked"


def test_a_payout_that_was_cleared_elsewhere_is_taken_back_by_fraud(payout_id: UUID) -> None:
    clear_payouts(payout_ids=[payout_id], reason="Fine.", by="eve", now=NOW)
    assert state(payout_id)[0] == "paid"
    decide(FRAUD)
    assert state(payout_id)[0] == "clawed_back"
    assert wallet("subscriber")["available"] == 0
    assert Payout.objects.get(pk=payout_id).reasons[0]["code"] == "confirmed_fraud"


def refused_payout() -> UUID:
    """A goodwill credit that the screen refused, because the device is blocked."""
    register("subscriber", identifiers=[phone()], activated_at=NOW - DAY, now=NOW - DAY)
    blocked = [Identifier.objects.get(kind="device").pk]
    block_identifiers(identifier_ids=blocked, reason="x", source="y", by="ben", now=NOW)
    payout_id = ask(now=NOW)
    screen_payouts(now=NOW)
    assert state(payout_id)[0] == "refused"
    return payout_id


def test_what_the_screen_refused_is_looked_at_and_may_be_let_out_after_all() -> None:
    payout_id = refused_payout()
    assert the_case().queue == "account"
    assert decide(INNOCENT)
    assert (state(payout_id)[0], wallet("subscriber")["available"]) == ("paid", 30_000)


@pytest.mark.parametrize("verdict", [FRAUD, Verdict("inconclusive", "x", "refuse")])
def test_what_the_screen_refused_rightly_stays_refused(verdict: Verdict) -> None:
    payout_id = refused_payout()
    assert decide(verdict)
    assert state(payout_id)[0] == "refused"


def test_a_refused_benefit_of_whom_a_person_called_a_fraud_has_no_case() -> None:
    refused_payout()
    decide(FRAUD)
    again = ask("again", now=NOW)
    screen_payouts(now=NOW)
    assert state(again)[0] == "refused"
    assert not Case.objects.exclude(status="closed").exists()


def test_whoever_is_declined_again_and_again_has_one_case() -> None:
    refused_payout()
    for name in ("one", "two"):
        asked = Subject("redemption", name, subscriber().pk, "bill_credit", 100)
        assert screen(subjects=[asked], now=NOW)[0].outcome == "refuse"
    assert Case.objects.filter(subject_type="redemption").count() == 1
