"""Requesting benefits, which wait for the gate."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty.models import Payout, Wallet
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.policy.standing import UnknownSubscriber
from tests.books import dump, moves, news, wallet
from tests.factories import activate, register
from tests.loyalty.promises import ask, payout, prove_promises, state
from tests.loyalty.test_statement_counts import statements

pytestmark = pytest.mark.usefixtures("subscriber")


def asked(subscriber_id: str = "subscriber", cause_id: str = "c", **said: Any) -> PayoutRequest:
    return PayoutRequest(subscriber_id, "goodwill", "test", cause_id, 30_000, 1, **said)


def test_waits_for_the_gate_and_is_nothing_in_the_books(now: datetime) -> None:
    payout_id = ask(parts=3, now=now)
    assert state(payout_id) == ("requested", [])
    kept = payout(payout_id)
    assert (kept["points"], kept["value_minor"], kept["parts"]) == (30_000, 30_000, 3)
    assert (kept["four_eyes_above_minor"], kept["requested_at"]) == (300_000, now)
    assert moves("subscriber") == []
    assert news("payout.requested") == [
        {
            "payout_id": str(payout_id),
            "subscriber_id": "subscriber",
            "kind": "goodwill",
            "value": "300.00",
        }
    ]
    prove_promises()


def test_a_cause_is_requested_once(now: datetime, later: datetime) -> None:
    first = ask(now=now)
    before = dump()
    again = request_payouts(
        requests=[PayoutRequest("subscriber", "goodwill", "test", "cause", 99_000, 1)] * 2,
        now=later,
    )
    assert [(outcome.payout_id, outcome.replayed) for outcome in again] == [(first, True)] * 2
    assert dump() == before


def test_a_cause_named_twice_in_a_list_is_requested_once(now: datetime) -> None:
    first, second = request_payouts(requests=[asked(), asked()], now=now)
    assert first.payout_id == second.payout_id
    assert (first.replayed, second.replayed) == (False, True)
    assert Payout.objects.count() == 1
    assert len(news("payout.requested")) == 1


def test_a_cause_earns_several_subscribers_and_kinds(now: datetime) -> None:
    register("other", now=now)
    made = {
        ask(now=now),
        ask(subscriber_id="other", now=now),
        ask(kind="invitee_bonus", now=now),
        ask("else", now=now),
    }
    assert len(made) == Payout.objects.count() == 4


@pytest.mark.parametrize(
    ("value", "points", "worth"), [(30_000, 4285, 29_995), (7, 1, 7), (6, 0, 0), (0, 0, 0)]
)
def test_money_is_paid_in_whole_points(now: datetime, value: int, points: int, worth: int) -> None:
    activate({"point_value_minor": 7}, effective_from=now, now=now - timedelta(days=1))
    kept = payout(ask(value_minor=value, terms=2, now=now))
    assert (kept["points"], kept["value_minor"], kept["terms"]) == (points, worth, 2)


@pytest.mark.parametrize("said", [{}, {"depends_on": "subscriber"}, {"depends_on": "nobody"}])
def test_nobody_is_refused_and_nothing_is_left_behind(now: datetime, said: dict[str, Any]) -> None:
    who = "subscriber" if said.get("depends_on") == "nobody" else "nobody"
    before = dump()
    [outcome] = request_payouts(requests=[asked(who, **said)], now=now)
    assert type(outcome.refusal) is UnknownSubscriber
    assert outcome.payout_id is None
    assert dump() == before


def test_a_refused_one_does_not_stop_the_others(now: datetime) -> None:
    refused, made = request_payouts(requests=[asked("nobody"), asked()], now=now)
    assert type(refused.refusal) is UnknownSubscriber
    assert made.payout_id == Payout.objects.get().pk
    assert made.refusal is None


def test_opens_the_wallets_of_both(now: datetime) -> None:
    register("invitee", now=now)
    assert not Wallet.objects.exists()
    ask(depends_on="invitee", now=now)
    assert (wallet("subscriber")["last_number"], wallet("invitee")["last_number"]) == (0, 0)


def test_whoever_asks_is_the_first_of_two(now: datetime) -> None:
    kept = payout(ask(maker="ann", now=now))
    assert (kept["maker"], kept["checker"], kept["proposed_verdict"]) == ("ann", None, "clear")


def test_takes_as_many_statements_for_a_longer_list(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        register(f"s{n}", now=now)
    request_payouts(requests=[asked(f"s{n}", "first") for n in range(20)], now=now)
    counts = []
    for length in (1, 20):
        with statements(monkeypatch) as sent:
            request_payouts(requests=[asked(f"s{n}", f"l{length}") for n in range(length)], now=now)
        counts.append(len(sent))
    assert counts[0] == counts[1]
