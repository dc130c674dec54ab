"""Screening what was requested: nothing gets through that the screen didn't let through."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty.ledger.connection import FEW
from loyalty.operations.pay_due import pay_due
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import NO_SCREEN, Screening
from tests import screens
from tests.books import dump, lots, moves, news, wallet
from tests.factories import activate, register
from tests.loyalty.promises import ask, payout, prove_promises, reasons, state, statuses, steps
from tests.loyalty.test_statement_counts import statements

pytestmark = pytest.mark.usefixtures("subscriber")

Says = dict[str, Screening]


@pytest.mark.usefixtures("says")
def test_a_benefit_of_less_than_a_point_is_closed_and_says_so(now: datetime) -> None:
    activate({"point_value_minor": 700}, effective_from=now, now=now - timedelta(days=1))
    payout_id = ask(value_minor=699, terms=2, now=now)
    screen_payouts(now=now)
    assert state(payout_id) == ("cancelled", [])
    assert reasons(payout_id) == ["less_than_a_point"]


def test_what_is_clear_is_promised_and_what_is_due_is_paid(says: Says, now: datetime) -> None:
    payout_id = ask(parts=3, now=now)
    assert screen_payouts(now=now) == 1
    assert state(payout_id) == ("cleared", [(1, "paid"), (2, "due"), (3, "due")])
    assert moves("subscriber") == [
        ("grant", "issued", "pending", 30_000),
        ("payment", "pending", "available", 10_000),
    ]
    assert lots("subscriber") == {2: (10_000, 10_000)}
    kept = payout(payout_id)
    assert (kept["decided_by"], kept["decided_at"], kept["promise"]) == ("screen", now, 1)
    assert steps(payout_id) == [("clear", "requested", "cleared", "screen")]
    assert [item["payout_id"] for item in news("payout.cleared")] == [str(payout_id)]
    [paid] = news("payout.paid")
    assert (paid["instalment"], paid["instalments"], paid["value"]) == (1, 3, "100.00")
    prove_promises()


def test_what_is_paid_at_once_is_paid(says: Says, now: datetime) -> None:
    payout_id = ask(now=now)
    screen_payouts(now=now)
    assert state(payout_id) == ("paid", [(1, "paid")])
    assert steps(payout_id)[-1] == ("pay", "cleared", "paid", "clock")


@pytest.mark.parametrize(
    ("outcome", "status", "announced", "went_on"),
    [
        ("wait", "requested", None, 0),
        ("review", "in_review", "payout.held", 1),
        ("refuse", "refused", "payout.refused", 1),
    ],
)
def test_what_is_not_clear_gets_nothing(
    says: Says, now: datetime, outcome: str, status: str, announced: str | None, went_on: int
) -> None:
    says["cause"] = Screening(outcome, (screens.WHY,))
    payout_id = ask(now=now)
    assert screen_payouts(now=now) == went_on
    assert state(payout_id) == (status, [])
    assert reasons(payout_id) == ["looks_odd"]
    assert moves("subscriber") == []
    if announced:
        assert [item["payout_id"] for item in news(announced)] == [str(payout_id)]
        assert steps(payout_id)[0][2:] == (status, "screen")
    prove_promises()


@pytest.mark.parametrize("outcome", ["clear", "wait", "review", "refuse"])
def test_screening_again_changes_nothing(says: Says, now: datetime, outcome: str) -> None:
    says["cause"] = Screening(outcome, (screens.WHY,))
    ask(parts=3, now=now)
    screen_payouts(now=now)
    before = dump()
    assert screen_payouts(now=now) == 0
    assert screen_payouts(now=now + timedelta(days=1)) == 0
    assert dump() == before


def test_what_waits_is_screened_again(says: Says, now: datetime, later: datetime) -> None:
    says["cause"] = Screening("wait", (screens.WHY,))
    payout_id = ask(now=now)
    screen_payouts(now=now)
    del says["cause"]
    screen_payouts(now=later)
    assert state(payout_id)[0] == "paid"
    assert reasons(payout_id) == []


def test_without_a_screen_nothing_passes(now: datetime, settings: Any) -> None:
    settings.BENEFIT_SCREEN = ""
    payout_id = ask(now=now)
    assert screen_payouts(now=now) == pay_due(now=now) == 0
    assert state(payout_id) == ("requested", [])
    assert reasons(payout_id) == [NO_SCREEN.reasons[0].code]
    before = dump()
    screen_payouts(now=now)
    assert dump() == before


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("broken", screens.ScreenDown),
        ("speechless", AssertionError),
        ("babbling", AssertionError),
        ("missing", ImportError),
    ],
)
def test_a_screen_out_of_order_lets_nothing_out(
    now: datetime, settings: Any, name: str, error: type[Exception]
) -> None:
    settings.BENEFIT_SCREEN = f"tests.screens.{name}"
    ask(now=now)
    before = dump()
    with pytest.raises(error):
        screen_payouts(now=now)
    assert dump() == before


def test_the_screen_is_told_what_it_needs(says: Says, now: datetime) -> None:
    invitee = register("invitee", now=now)
    payout_id = ask("the cause", kind="referral_bonus", depends_on="invitee", now=now)
    screen_payouts(now=now)
    [subject] = screens.ASKED
    assert (subject.type, subject.id, subject.kind) == ("payout", str(payout_id), "referral_bonus")
    assert (subject.value_minor, subject.cause_id) == (30_000, "the cause")
    assert subject.depends_on_id == invitee.pk


@pytest.mark.parametrize("outcome", ["clear", "refuse"])
def test_above_the_limit_persons_decide(says: Says, now: datetime, outcome: str) -> None:
    says["cause"] = Screening(outcome)
    payout_id = ask(value_minor=300_001, now=now)
    screen_payouts(now=now)
    assert state(payout_id) == ("in_review", [])
    assert reasons(payout_id) == ["four_eyes"]
    assert moves("subscriber") == []


def test_a_payout_of_no_points_ends(says: Says, now: datetime) -> None:
    payout_id = ask(value_minor=0, now=now)
    screen_payouts(now=now)
    assert state(payout_id) == ("cancelled", [])
    assert moves("subscriber") == []
    prove_promises()


def test_a_later_request_is_not_screened_before(says: Says, now: datetime, later: datetime) -> None:
    payout_id = ask(now=later)
    assert screen_payouts(now=now) == 0
    assert state(payout_id) == ("requested", [])


@pytest.mark.parametrize("per_page", [1, 2, 3, 100])
def test_every_page_ends_alike(says: Says, now: datetime, per_page: int) -> None:
    says["c2"] = Screening("review", (screens.WHY,))
    says["c4"] = Screening("wait", (screens.WHY,))
    made = [ask(f"c{n}", now=now) for n in range(6)]
    assert screen_payouts(now=now, payouts_per_page=per_page) == 5
    assert [state(each)[0] for each in made] == [
        "paid", "paid", "in_review", "paid", "requested", "paid",
    ]  # fmt: skip
    assert wallet("subscriber")["available"] == 120_000
    prove_promises()


def test_several_of_one_subscriber_in_a_page_keep_to_the_caps(says: Says, now: datetime) -> None:
    made = [ask(f"c{n}", value_minor=200_000, now=now) for n in range(4)]
    screen_payouts(now=now)
    assert sorted(state(each)[0] for each in made) == ["in_review", "in_review", "paid", "paid"]
    held = [each for each in made if state(each)[0] == "in_review"]
    assert [reasons(each) for each in held] == [["cap_benefits"]] * 2
    # What was promised and exceeds a cap stays promised until somebody decides.
    assert [statuses(each) for each in held] == [["due"]] * 2
    assert (wallet("subscriber")["available"], wallet("subscriber")["pending"]) == (400_000,) * 2
    prove_promises()


@pytest.mark.parametrize(("shorter", "longer"), [(1, FEW // 2 - 1), (FEW, 4 * FEW)])
def test_takes_as_many_statements_for_a_longer_page(
    says: Says, shorter: int, longer: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(longer):
        register(f"s{n}", now=now)
    counts = []
    for length in (shorter, longer):
        request_payouts(
            requests=[
                PayoutRequest(f"s{n}", "goodwill", "test", f"c{length}", 300, 1, 3)
                for n in range(length)
            ],
            now=now,
        )
        with statements(monkeypatch) as sent:
            assert screen_payouts(now=now) == length
        counts.append(len(sent))
    assert counts[0] == counts[1]
