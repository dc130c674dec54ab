"""What is said beside a verdict is what happens: each role, amount, history and door."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from django.utils.translation import override

from accounts.models import Subscriber
from fraud.admin.cases.foresight import OPTIONS, Option, foresight_of
from fraud.models import Case, SubscriberStanding
from fraud.operations.decide_cases import decide_case, decide_cases
from fraud.operations.set_standings import set_standings
from fraud.operations.stop_payouts import freeze_payouts_of
from fraud.operations.tend_cases import tend_cases
from fraud.operations.work_cases import claim_case
from fraud.policy.cases import Analyst
from fraud.policy.verdicts import Verdict
from fraud.queries.cases import case_numbered
from kernel.refusals import Refusal
from loyalty.admin.payouts.steps import foreseen
from loyalty.models import Payout
from loyalty.operations.decide_payouts import clear_payouts, refuse_payouts
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import Course, Reason, Screening
from loyalty.queries.payouts import with_reasons_said
from referrals.models import Referral
from tests.factories import invite, register
from tests.fraud.stories import NOW
from tests.loyalty.promises import ask

Says = dict[str, Screening]

pytestmark = pytest.mark.django_db

LIMIT = 300_000
AMOUNTS = {"below": LIMIT - 1_000, "at": LIMIT, "above": LIMIT + 50_000}
ANN, BEN, CAT = Analyst("ann"), Analyst("ben"), Analyst("cat", is_senior=True)
WHY = "Because I say so."
IN_REVIEW = Screening("review", (Reason("why", "Something stood out."),))
CAPPED = Screening("review", (Reason("cap_benefits", "A cap is exceeded."),))
REFUSED = Screening("refuse", (Reason("why", "A machine says no."),))


class Undone(Exception):
    """Takes back what was tried."""


def asked(says: Says, value: int, screening: Screening, maker: str | None = None) -> UUID:
    says["cause"] = screening
    register("subscriber", now=NOW - timedelta(days=30))
    payout_id = ask(value_minor=value, maker=maker, now=NOW)
    screen_payouts(now=NOW)
    return payout_id


def proposes(who: Analyst, verb: Callable[..., object], payout_id: UUID) -> None:
    """A verdict on the payouts' page, where it is only a proposal."""
    try:
        with transaction.atomic():
            verb(payout_ids=[payout_id], reason=WHY, by=who.name, now=NOW)
            if Payout.objects.get(pk=payout_id).status != "in_review":
                raise Undone
    except Undone:
        pass


def fresh(says: Says, value: int) -> UUID:
    return asked(says, value, IN_REVIEW)


def asked_by_ann(says: Says, value: int) -> UUID:
    return asked(says, value, IN_REVIEW, "ann")


def clearing_proposed_by_ben(says: Says, value: int) -> UUID:
    payout_id = fresh(says, value)
    proposes(BEN, clear_payouts, payout_id)
    return payout_id


def refusal_proposed_by_ben(says: Says, value: int) -> UUID:
    payout_id = fresh(says, value)
    proposes(BEN, refuse_payouts, payout_id)
    return payout_id


def asked_by_ann_and_refusal_proposed_by_ben(says: Says, value: int) -> UUID:
    payout_id = asked_by_ann(says, value)
    proposes(BEN, refuse_payouts, payout_id)
    return payout_id


def refused_by_the_screen(says: Says, value: int) -> UUID:
    return asked(says, value, REFUSED)


def asked_by_ann_and_refused_by_the_screen(says: Says, value: int) -> UUID:
    return asked(says, value, REFUSED, "ann")


def held_by_a_cap(says: Says, value: int) -> UUID:
    return asked(says, value, CAPPED)


def let_out(says: Says, value: int) -> UUID:
    payout_id = fresh(says, value)
    for who in ("dan", "eve")[: 1 + (value > LIMIT)]:
        clear_payouts(payout_ids=[payout_id], reason=WHY, by=who, now=NOW)
    return payout_id


def of_a_suspended_subscriber(says: Says, value: int) -> UUID:
    payout_id = fresh(says, value)
    register("subscriber", status="suspended", status_since=NOW, now=NOW)
    return payout_id


HISTORIES = (
    fresh,
    asked_by_ann,
    clearing_proposed_by_ben,
    refusal_proposed_by_ben,
    asked_by_ann_and_refusal_proposed_by_ben,
    refused_by_the_screen,
    asked_by_ann_and_refused_by_the_screen,
    held_by_a_cap,
    let_out,
    of_a_suspended_subscriber,
)


def case_about(payout_id: UUID) -> Case:
    tend_cases(now=NOW)
    found = Case.objects.filter(subject_id=str(payout_id)).exclude(status="closed").first()
    if found is None:
        payout = Payout.objects.get(pk=payout_id)
        found = Case.objects.create(
            queue="account", subject_type="payout", subject_id=str(payout_id),
            subscriber_id=payout.subscriber_id, value_minor=payout.value_minor,
            score_millionths=0, band="low", status="open", opened_at=NOW,
            due_at=NOW + timedelta(days=7), is_escalated=False, has_lapsed=False,
        )  # fmt: skip
    return case_numbered(found.pk)


def through_the_case(case: Case, verdict: Verdict, by: Analyst) -> bool:
    claim_case(case_id=case.pk, by=by, now=NOW)
    return decide_case(case_id=case.pk, verdict=verdict, by=by, now=NOW).is_final


def in_bulk(case: Case, verdict: Verdict, by: Analyst) -> bool:
    [decided] = decide_cases(case_ids=[case.pk], verdict=verdict, by=by, now=NOW)
    return decided.is_final


DOORS = (through_the_case, in_bulk)

# What a sentence about a payout promises of its status.
PROMISES = {
    "It will be cleared.": {"paid"},
    "It will be refused.": {"refused"},
    "will be taken back.": {"clawed_back"},
    "It will be cancelled:": {"cancelled"},
    "It stays as it is: paid.": {"paid"},
    "It stays as it is: refused.": {"refused"},
    "It stays as it is: cancelled.": {"cancelled"},
}


def promised(option: Option) -> set[str]:
    found = [status for words, status in PROMISES.items() if words in option.effects[0]]
    assert len(found) == 1, option
    return found[0]


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_a_verdict_over_a_case_does_what_was_said(
    says: Says, history: Callable[[Says, int], UUID], amount: str
) -> None:
    payout_id = history(says, AMOUNTS[amount])
    case = case_about(payout_id)
    before = Payout.objects.get(pk=payout_id)
    for by in (ANN, BEN, CAT):
        with override("en"):
            foresight = foresight_of([case], by)[case.pk]
        for verdict, consequence in OPTIONS:
            option = foresight.of(verdict, consequence)
            said = Verdict(verdict, WHY, consequence)
            for door in DOORS if amount == "above" else DOORS[:1]:
                tries_it(case, before, option, partial(door, case, said, by))


def tries_it(case: Case, before: Payout, option: Option, give: Callable[[], bool]) -> None:
    try:
        with transaction.atomic():
            if not option.is_possible:
                with pytest.raises(Refusal):
                    give()
                raise Undone
            is_final = give()
            after = Payout.objects.get(pk=before.pk)
            assert is_final is option.is_final, option
            if not is_final:
                assert option.effects == []
                assert after.status in (before.status, "in_review")
                assert not SubscriberStanding.objects.exists()
                raise Undone
            assert after.status in promised(option), option
            blocked = SubscriberStanding.objects.filter(standing="blocked").exists()
            assert blocked is any("is blocked" in effect for effect in option.effects)
            raise Undone
    except Undone:
        pass


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_a_verdict_on_the_payouts_page_does_what_was_said(
    says: Says, history: Callable[[Says, int], UUID], amount: str
) -> None:
    payout_id = history(says, AMOUNTS[amount])
    verbs = {"clear": clear_payouts, "refuse": refuse_payouts}
    for by in (ANN, BEN, CAT):
        for step, verb in verbs.items():
            before = with_reasons_said(Payout.objects.filter(pk=payout_id)).get()
            said = foreseen(before, step, by.name)
            try:
                with transaction.atomic():
                    if not said.applies:
                        with pytest.raises(Refusal):
                            verb(payout_ids=[payout_id], reason=WHY, by=by.name, now=NOW)
                        raise Undone
                    verb(payout_ids=[payout_id], reason=WHY, by=by.name, now=NOW)
                    after = Payout.objects.get(pk=payout_id)
                    words = str(said.words)
                    if "will be a proposal" in words:
                        assert (after.maker, after.proposed_verdict) == (by.name, step)
                        assert after.status == before.status
                    else:
                        found = [s for text, s in PROMISES.items() if text in words]
                        assert [after.status in each for each in found] == [True], words
                    raise Undone
            except Undone:
                pass


def test_a_credit_that_somebody_asked_for_is_paid_by_one_verdict_and_says_so(says: Says) -> None:
    case = case_about(asked_by_ann(says, 350_000))
    foresight = foresight_of([case], CAT)[case.pk]
    assert "ann has asked for it." in foresight.notice
    assert foresight.of("false_positive").course is Course.CONFIRMS
    assert foresight.of("false_positive").lead == "You will confirm the request of ann."
    own = foresight_of([case], ANN)[case.pk].of("false_positive")
    assert own.lead == "You have asked for it: only somebody else can clear it."


def test_who_has_said_what_is_told_with_their_reason(says: Says) -> None:
    case = case_about(refusal_proposed_by_ben(says, 350_000))
    notice = foresight_of([case], CAT)[case.pk].notice
    assert f"ben proposes to refuse it. Their reason: “{WHY}”" in notice


def test_a_proposed_fraud_over_a_join_refuses_nothing_before_the_second_agrees(
    says: Says,
) -> None:
    says["referral"] = IN_REVIEW
    register("inviter", now=NOW - timedelta(days=40))
    invite("inviter", "invitee", now=NOW - timedelta(days=10))
    referral = Referral.objects.get()
    for kind, value in (("referral_bonus", LIMIT + 50_000), ("invitee_bonus", 10_000)):
        owner = "inviter" if kind == "referral_bonus" else "invitee"
        payout_id = ask(referral.referral_id, subscriber_id=owner, kind=kind, value_minor=value,
                        now=NOW)  # fmt: skip
        Payout.objects.filter(pk=payout_id).update(cause_type="referral")
    screen_payouts(now=NOW)
    case = Case.objects.create(
        queue="account", subject_type="join", subject_id=referral.referral_id,
        subscriber=referral.inviter, other=referral.invitee, value_minor=0, score_millionths=0,
        band="medium", status="open", opened_at=NOW, due_at=NOW + timedelta(days=3),
    )  # fmt: skip
    fraud = Verdict("confirmed_fraud", WHY)
    assert not foresight_of([case_numbered(case.pk)], ANN)[case.pk].of("confirmed_fraud").is_final
    assert not through_the_case(case, fraud, ANN)
    referral.refresh_from_db()
    assert referral.status == "joined"
    assert set(Payout.objects.values_list("status", flat=True)) == {"in_review"}
    option = foresight_of([case_numbered(case.pk)], BEN)[case.pk].of("confirmed_fraud")
    assert option.course is Course.CONFIRMS
    assert "The referral is refused." in option.effects
    assert through_the_case(case, fraud, BEN)
    referral.refresh_from_db()
    assert referral.status == "refused"
    assert set(Payout.objects.values_list("status", flat=True)) == {"refused"}


def test_a_false_positive_in_the_sample_leaves_a_blocked_subscriber_blocked(says: Says) -> None:
    payout_id = let_out(says, 30_000)
    member = Subscriber.objects.get()
    set_standings(subscriber_ids=[member.pk], standing="blocked", reason=WHY, by="sue", now=NOW)
    freeze_payouts_of(subscriber_ids=[member.pk], reason=WHY, by="sue", now=NOW)
    case = case_about(payout_id)
    Case.objects.filter(pk=case.pk).update(queue="sample")
    case = case_numbered(case.pk)
    option = foresight_of([case], ANN)[case.pk].of("false_positive")
    assert option.effects[0] == "Nothing changes: it was paid already."
    assert through_the_case(case, Verdict("false_positive", WHY), ANN)
    assert SubscriberStanding.objects.get().standing == "blocked"


def test_what_a_limit_holds_after_a_verdict_is_no_proposal(says: Says) -> None:
    payout_id = fresh(says, 30_000)
    case = case_about(payout_id)
    for n in range(40):
        ask(f"more {n}", value_minor=290_000 if n < 10 else 10_000, now=NOW)
    screen_payouts(now=NOW)
    assert through_the_case(case, Verdict("false_positive", WHY), ANN)
    assert Payout.objects.get(pk=payout_id).status == "in_review"
    case.refresh_from_db()
    assert (case.status, case.proposed_by) == ("closed", None)
