"""Persons decide over payouts: who may, when, and what follows at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kernel.refusals import Refusal
from loyalty.operations.decide_payouts import (
    clear_payouts,
    freeze_payouts,
    refuse_payouts,
    reopen_payouts,
    unfreeze_payouts,
)
from loyalty.operations.pay_due import pay_due
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import (
    ReasonMissing,
    Screening,
    SecondVerdictNeeded,
    StepNotPossible,
    UnknownPayout,
)
from tests.books import dump, moves, news, wallet
from tests.factories import register
from tests.loyalty.promises import ask, payout, prove_promises, reasons, state, statuses, steps
from tests.loyalty.test_statement_counts import statements
from tests.screens import WHY

pytestmark = pytest.mark.usefixtures("subscriber")

Says = dict[str, Screening]
Verb = Callable[..., list[Any]]
DAY = timedelta(days=1)
VERBS = (clear_payouts, refuse_payouts, freeze_payouts, unfreeze_payouts)
ABOVE = 300_001


@pytest.fixture
def held(says: Says, now: datetime) -> UUID:
    """A payout in review, in three parts."""
    return review(says, "held", now=now)


def review(says: Says, cause_id: str, *, now: datetime, **said: Any) -> UUID:
    says[cause_id] = Screening("review", (WHY,))
    payout_id = ask(cause_id, now=now, **{"parts": 3, **said})
    screen_payouts(now=now)
    return payout_id


def decide(verb: Verb, *payout_ids: UUID, now: datetime, by: str = "ann") -> None:
    verb(payout_ids=payout_ids, reason="I looked at it.", by=by, now=now)


def refused(refusal: type[Refusal], call: Callable[[], object]) -> None:
    """Ask, be refused, and change nothing."""
    before = dump()
    with pytest.raises(refusal) as caught:
        call()
    assert type(caught.value) is refusal
    assert dump() == before


def test_what_is_cleared_is_promised_and_what_is_due_is_paid(held: UUID, later: datetime) -> None:
    decide(clear_payouts, held, now=later)
    assert state(held) == ("cleared", [(1, "paid"), (2, "due"), (3, "due")])
    kept = payout(held)
    assert (kept["maker"], kept["checker"]) == ("ann", None)
    assert (kept["decided_by"], kept["decided_at"]) == ("ann", later)
    assert not kept["caps_waived"]
    assert reasons(held) == []
    assert steps(held) == [
        ("hold", "requested", "in_review", "screen"),
        ("clear", "in_review", "cleared", "ann"),
    ]
    assert [item["status"] for item in news("payout.cleared")] == ["cleared"]
    prove_promises()


def test_a_request_that_waits_can_be_cleared_and_refused(says: Says, now: datetime) -> None:
    cleared, turned_down = ask("c", now=now), ask("r", now=now)
    decide(clear_payouts, cleared, now=now)
    decide(refuse_payouts, turned_down, now=now)
    assert (state(cleared)[0], state(turned_down)[0]) == ("paid", "refused")


def test_what_is_refused_is_nothing_in_the_books(held: UUID, later: datetime) -> None:
    decide(refuse_payouts, held, now=later)
    assert state(held) == ("refused", [])
    assert reasons(held) == ["refused_by_verdict"]
    assert moves("subscriber") == []
    prove_promises()


def test_refusing_after_a_part_was_paid_leaves_it_paid(says: Says, now: datetime) -> None:
    payout_id = ask("c", value_minor=900_000, parts=2, maker="ann", now=now)
    decide(clear_payouts, payout_id, now=now, by="ben")
    assert state(payout_id) == ("cleared", [(1, "paid"), (2, "due")])
    ask("more", value_minor=100_000, now=now + 31 * DAY)
    screen_payouts(now=now + 31 * DAY)
    pay_due(now=now + 31 * DAY)
    assert state(payout_id) == ("in_review", [(1, "paid"), (2, "due")])
    decide(refuse_payouts, payout_id, now=now + 32 * DAY, by="cat")
    decide(refuse_payouts, payout_id, now=now + 32 * DAY, by="dan")
    assert state(payout_id) == ("refused", [(1, "paid"), (2, "cancelled")])
    assert moves("subscriber")[-1] == ("cancellation", "pending", "revoked", 450_000)
    prove_promises()


def test_a_second_hold_asks_two_persons_anew(says: Says, now: datetime) -> None:
    payout_id = ask("c", value_minor=900_000, parts=2, maker="ann", now=now)
    decide(clear_payouts, payout_id, now=now, by="ben")
    ask("more", value_minor=100_000, now=now + 31 * DAY)
    screen_payouts(now=now + 31 * DAY)
    pay_due(now=now + 31 * DAY)
    assert reasons(payout_id) == ["cap_benefits"]
    # What ann and ben said was said before the cap was known.
    decide(clear_payouts, payout_id, now=now + 32 * DAY, by="cat")
    assert state(payout_id) == ("in_review", [(1, "paid"), (2, "due")])
    decide(clear_payouts, payout_id, now=now + 32 * DAY, by="ben")
    assert state(payout_id) == ("paid", [(1, "paid"), (2, "paid")])
    assert (payout(payout_id)["maker"], payout(payout_id)["checker"]) == ("cat", "ben")
    prove_promises()


def test_clearing_what_a_cap_held_waives_the_cap(says: Says, now: datetime) -> None:
    big = [ask(f"c{n}", value_minor=300_000, now=now) for n in range(2)]
    screen_payouts(now=now)
    [held] = [each for each in big if state(each)[0] == "in_review"]
    assert reasons(held) == ["cap_benefits"]
    decide(clear_payouts, held, now=now)
    assert state(held) == ("paid", [(1, "paid")])
    assert payout(held)["caps_waived"]
    assert wallet("subscriber")["available"] == 600_000
    prove_promises()


@pytest.mark.parametrize("verb", [clear_payouts, refuse_payouts])
def test_above_the_limit_the_first_verdict_is_a_proposal(
    says: Says, now: datetime, verb: Verb
) -> None:
    payout_id = review(says, "c", value_minor=ABOVE, parts=1, now=now)
    decide(verb, payout_id, now=now, by="ann")
    proposed = "clear" if verb is clear_payouts else "refuse"
    assert state(payout_id) == ("in_review", [])
    kept = payout(payout_id)
    assert (kept["maker"], kept["checker"]) == ("ann", None)
    assert kept["proposed_verdict"] == proposed
    assert steps(payout_id)[-1] == (f"propose_{proposed}", "in_review", "in_review", "ann")
    refused(SecondVerdictNeeded, lambda: decide(verb, payout_id, now=now, by="ann"))
    decide(verb, payout_id, now=now, by="ben")
    assert state(payout_id)[0] == ("paid" if verb is clear_payouts else "refused")
    assert (payout(payout_id)["maker"], payout(payout_id)["checker"]) == ("ann", "ben")
    prove_promises()


def test_another_verdict_takes_the_place_of_the_one_proposed(says: Says, now: datetime) -> None:
    payout_id = review(says, "c", value_minor=ABOVE, parts=1, now=now)
    decide(clear_payouts, payout_id, now=now, by="ann")
    decide(refuse_payouts, payout_id, now=now, by="ben")
    assert state(payout_id) == ("in_review", [])
    assert (payout(payout_id)["maker"], payout(payout_id)["proposed_verdict"]) == ("ben", "refuse")
    decide(clear_payouts, payout_id, now=now, by="ann")
    decide(clear_payouts, payout_id, now=now, by="ben")
    assert state(payout_id) == ("paid", [(1, "paid")])
    assert (payout(payout_id)["maker"], payout(payout_id)["checker"]) == ("ann", "ben")


@pytest.mark.parametrize("value_minor", [10_000, ABOVE])
def test_whoever_asked_for_it_does_not_confirm_it(
    says: Says, value_minor: int, now: datetime
) -> None:
    payout_id = review(says, "c", value_minor=value_minor, parts=1, maker="ann", now=now)
    refused(SecondVerdictNeeded, lambda: decide(clear_payouts, payout_id, now=now, by="ann"))
    decide(clear_payouts, payout_id, now=now, by="ben")
    assert state(payout_id)[0] == "paid"


def test_the_limit_itself_needs_one_person(says: Says, now: datetime) -> None:
    payout_id = review(says, "c", value_minor=300_000, parts=1, now=now)
    decide(clear_payouts, payout_id, now=now)
    assert state(payout_id)[0] == "paid"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("reason", ["", " \n\t"])
def test_a_decision_needs_a_reason(held: UUID, now: datetime, verb: Verb, reason: str) -> None:
    refused(ReasonMissing, lambda: verb(payout_ids=[held], reason=reason, by="ann", now=now))


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_payout_stops_all(held: UUID, now: datetime, verb: Verb) -> None:
    refused(UnknownPayout, lambda: decide(verb, held, UUID(int=7), now=now))


@pytest.mark.parametrize("verb", [clear_payouts, refuse_payouts])
@pytest.mark.parametrize("decided", [clear_payouts, refuse_payouts])
def test_what_was_decided_stays_so(held: UUID, now: datetime, verb: Verb, decided: Verb) -> None:
    decide(decided, held, now=now)
    refused(StepNotPossible, lambda: decide(verb, held, now=now, by="ben"))


def test_all_are_decided_or_none(says: Says, held: UUID, now: datetime) -> None:
    other = review(says, "other", now=now)
    decide(refuse_payouts, other, now=now)
    refused(StepNotPossible, lambda: decide(clear_payouts, held, other, now=now))


@pytest.mark.parametrize("verb", [freeze_payouts, unfreeze_payouts])
def test_only_what_is_cleared_is_frozen(held: UUID, now: datetime, verb: Verb) -> None:
    refused(StepNotPossible, lambda: decide(verb, held, now=now))


def test_what_is_all_paid_is_not_frozen(says: Says, now: datetime) -> None:
    payout_id = ask(now=now)
    screen_payouts(now=now)
    refused(StepNotPossible, lambda: decide(freeze_payouts, payout_id, now=now))


def test_nothing_frozen_is_paid_until_it_goes_on(held: UUID, now: datetime) -> None:
    decide(clear_payouts, held, now=now)
    decide(freeze_payouts, held, now=now, by="ben")
    assert state(held)[0] == "frozen"
    assert pay_due(now=now + 70 * DAY) == 0
    assert statuses(held) == ["paid", "due", "due"]
    assert wallet("subscriber")["pending"] == 20_000
    decide(unfreeze_payouts, held, now=now + 70 * DAY)
    assert pay_due(now=now + 70 * DAY) == 2
    assert state(held) == ("paid", [(1, "paid"), (2, "paid"), (3, "paid")])
    assert [step for step, *_ in steps(held)] == ["hold", "clear", "freeze", "unfreeze", "pay"]
    assert len(news("payout.frozen")) == len(news("payout.unfrozen")) == 1
    prove_promises()


def test_freezing_and_unfreezing_again_change_nothing(held: UUID, now: datetime) -> None:
    decide(clear_payouts, held, now=now)
    decide(freeze_payouts, held, now=now)
    before = dump()
    decide(freeze_payouts, held, now=now + DAY, by="ben")
    assert dump() == before
    decide(unfreeze_payouts, held, now=now)
    before = dump()
    decide(unfreeze_payouts, held, now=now + DAY, by="ben")
    assert dump() == before


@pytest.mark.parametrize("verb", [clear_payouts, refuse_payouts])
def test_takes_as_many_statements_for_a_longer_list(
    says: Says, now: datetime, monkeypatch: pytest.MonkeyPatch, verb: Verb
) -> None:
    for n in range(15):
        register(f"s{n}", now=now)
    counts = []
    for length in (1, 12):
        held = [
            review(says, f"{length}-{n}", subscriber_id=f"s{n}", now=now) for n in range(length)
        ]
        with statements(monkeypatch) as sent:
            decide(verb, *held, now=now)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def machine_refused(says: Says, *, now: datetime, **said: Any) -> UUID:
    says["refused"] = Screening("refuse", (WHY,))
    payout_id = ask("refused", now=now, **said)
    screen_payouts(now=now)
    assert state(payout_id)[0] == "refused"
    return payout_id


def test_what_the_screen_refused_comes_back_to_review(says: Says, now: datetime) -> None:
    payout_id = machine_refused(says, now=now)
    decide(reopen_payouts, payout_id, now=now)
    assert state(payout_id)[0] == "in_review"
    assert steps(payout_id)[-1] == ("reopen", "refused", "in_review", "ann")
    assert news("payout.held")[-1]["status"] == "in_review"
    decide(clear_payouts, payout_id, now=now)
    assert state(payout_id)[0] == "paid"
    prove_promises()


def test_what_a_person_refused_stays_refused(held: UUID, now: datetime) -> None:
    decide(refuse_payouts, held, now=now)
    refused(StepNotPossible, lambda: decide(reopen_payouts, held, now=now))


def test_a_reopened_payout_that_a_person_refuses_stays_refused(says: Says, now: datetime) -> None:
    payout_id = machine_refused(says, now=now)
    decide(reopen_payouts, payout_id, now=now)
    decide(refuse_payouts, payout_id, now=now)
    refused(StepNotPossible, lambda: decide(reopen_payouts, payout_id, now=now))


def test_only_what_is_refused_is_reopened(says: Says, now: datetime) -> None:
    payout_id = review(says, "cleared", now=now)
    decide(clear_payouts, payout_id, now=now)
    refused(StepNotPossible, lambda: decide(reopen_payouts, payout_id, now=now))
