"""Taking benefits back: what is there, what is spent, what has lapsed, and nothing twice."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from loyalty.operations.audit_ledger import audit_ledger
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.decide_payouts import freeze_payouts, refuse_payouts
from loyalty.operations.expire_points import expire_points
from loyalty.operations.pay_due import pay_due
from loyalty.operations.reverse_refunds import ReversalItem, reverse_refunds
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.gate import Reason, Screening, UnknownPayout
from loyalty.queries.statements import wallet_now
from tests.books import dump, lots, months, moves, news, wallet
from tests.factories import activate, give_back, post, register, reserve
from tests.loyalty.promises import ask, prove_promises, reasons, state, statuses, steps
from tests.loyalty.test_statement_counts import statements

pytestmark = pytest.mark.usefixtures("subscriber", "says")

DAY = timedelta(days=1)
LEFT = Reason("invitee_left", "The invitee left.")
ALL = frozenset({1, 2, 3})


def cleared(cause_id: str = "cause", *, now: datetime, **said: Any) -> UUID:
    payout_id = ask(cause_id, now=now, **{"parts": 3, **said})
    screen_payouts(now=now)
    return payout_id


def claw_back(*payout_ids: UUID, now: datetime, numbers: frozenset[int] | None = ALL) -> int:
    claims = [Claim(payout_id, LEFT, numbers) for payout_id in payout_ids]
    return claw_back_payouts(claims=claims, by="ann", now=now)


def test_paid_parts_go_back_and_the_rest_ends(now: datetime) -> None:
    payout_id = cleared(now=now)
    pay_due(now=now + 31 * DAY)
    assert claw_back(payout_id, now=now + 32 * DAY) == 1
    assert state(payout_id) == (
        "clawed_back", [(1, "clawed_back"), (2, "clawed_back"), (3, "cancelled")],
    )  # fmt: skip
    assert moves("subscriber")[3:] == [
        ("clawback", "available", "revoked", 10_000),
        ("clawback", "available", "revoked", 10_000),
        ("cancellation", "pending", "revoked", 10_000),
    ]
    assert reasons(payout_id) == ["invitee_left"]
    assert steps(payout_id)[-1] == ("claw_back", "cleared", "clawed_back", "ann")
    [said] = news("payout.clawed_back")
    assert (said["payout_id"], said["status"]) == (str(payout_id), "clawed_back")
    prove_promises()


def test_the_room_of_the_months_comes_back(now: datetime) -> None:
    payout_id = cleared(now=now)
    pay_due(now=now + 31 * DAY)
    claw_back(payout_id, now=now + 32 * DAY)
    assert set(months("subscriber").values()) == {(0, 0, 0, 0)}
    assert wallet("subscriber")["benefit_life_minor"] == 0


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("owed", [4_000, 10_000, 15_000])
def test_what_paid_debt_and_lapsed_after_it_was_returned_is_not_taken_again(
    owed: int, is_swept: bool, now: datetime
) -> None:
    post("spent", amount_minor=owed * 100, occurred_at=now, now=now)
    reserve("r", owed, now=now)
    settle_redemptions(redemption_ids=["r"], credit_reference="c", now=now)
    give_back("f", "spent", amount_minor=owed * 100, occurred_at=now, now=now)
    payout_id = cleared(now=now)
    pay_due(now=now + 31 * DAY)
    reverse_refunds(reversals=[ReversalItem("f", "subscriber")], now=now + 32 * DAY)
    later = now + 500 * DAY
    post("fresh", amount_minor=3_000_000, occurred_at=later, now=later)
    if is_swept:
        expire_points(now=later)
    for number in (1, 2):
        claw_back(payout_id, numbers=frozenset({number}), now=later)
    assert wallet_now(external_id="subscriber", now=later).available == 30_000
    assert wallet("subscriber")["debt"] == 0
    prove_promises()
    report = audit_ledger(now=later)
    assert report.holds, [report.line(fault) for fault in report.faults]


def test_only_the_named_parts_go_back(now: datetime) -> None:
    payout_id = cleared(now=now)
    pay_due(now=now + 31 * DAY)
    claw_back(payout_id, numbers=frozenset({2}), now=now + 32 * DAY)
    assert statuses(payout_id) == ["paid", "clawed_back", "cancelled"]
    assert lots("subscriber") == {2: (10_000, 10_000), 3: (10_000, 0)}
    prove_promises()


@pytest.mark.parametrize("numbers", [None, ALL, frozenset[int]()])
def test_taking_back_again_changes_nothing(now: datetime, numbers: frozenset[int] | None) -> None:
    payout_id = cleared(now=now)
    claw_back(payout_id, numbers=numbers, now=now)
    before = dump()
    assert claw_back(payout_id, numbers=numbers, now=now + DAY) == 0
    assert dump() == before


def test_more_of_it_can_be_taken_back_later(now: datetime) -> None:
    payout_id = cleared(now=now)
    pay_due(now=now + 31 * DAY)
    claw_back(payout_id, numbers=frozenset({2}), now=now + 32 * DAY)
    assert claw_back(payout_id, now=now + 33 * DAY) == 1
    assert state(payout_id) == (
        "clawed_back", [(1, "clawed_back"), (2, "clawed_back"), (3, "cancelled")],
    )  # fmt: skip
    assert wallet("subscriber")["available"] == 0
    prove_promises()


def test_what_was_spent_is_owed(now: datetime) -> None:
    payout_id = cleared(now=now)
    reserve("r", 7000, now=now)
    claw_back(payout_id, now=now + DAY)
    assert moves("subscriber")[3:5] == [
        ("clawback", "available", "revoked", 3000),
        ("clawback", "debt", "revoked", 7000),
    ]
    assert wallet("subscriber")["debt"] == 7000
    post("c", amount_minor=900_000, occurred_at=now + 2 * DAY, now=now + 2 * DAY)
    assert (wallet("subscriber")["debt"], wallet("subscriber")["available"]) == (0, 2000)
    prove_promises()


def test_its_own_lot_is_taken_before_others_that_lapse_earlier(now: datetime) -> None:
    post("old", occurred_at=now - 300 * DAY, now=now - 300 * DAY)
    payout_id = cleared(now=now)
    claw_back(payout_id, now=now + DAY)
    assert lots("subscriber") == {1: (1000, 1000), 3: (10_000, 0)}


def test_what_paid_debt_is_looked_for_elsewhere(now: datetime) -> None:
    first = cleared(parts=1, value_minor=8000, now=now)
    reserve("r", 8000, now=now)
    claw_back(first, now=now)
    second = cleared("other", parts=1, value_minor=10_000, now=now + DAY)
    assert lots("subscriber")[7] == (2000, 2000)
    post("c", amount_minor=300_000, occurred_at=now + DAY, now=now + DAY)
    claw_back(second, now=now + 2 * DAY)
    assert wallet("subscriber")["available"] == 0
    assert wallet("subscriber")["debt"] == 5000
    prove_promises()


@pytest.mark.parametrize("is_swept", [True, False])
def test_what_lapsed_unspent_is_not_taken_a_second_time(now: datetime, is_swept: bool) -> None:
    payout_id = cleared(parts=1, now=now)
    reserve("r", 4000, now=now)
    late = now + 370 * DAY
    post("c", occurred_at=late, amount_minor=500_000, now=late)
    if is_swept:
        expire_points(now=late)
    claw_back(payout_id, now=late)
    expire_points(now=late)
    held = wallet("subscriber")
    assert (held["available"], held["debt"], held["expired"]) == (1000, 0, 26_000)
    prove_promises()


def test_what_a_closing_revoked_is_not_taken_a_second_time(now: datetime) -> None:
    payout_id = cleared(parts=1, now=now)
    reserve("r", 4000, now=now)
    register("subscriber", status="closed", now=now + DAY)
    revoke_closed(now=now + 40 * DAY)
    claw_back(payout_id, now=now + 50 * DAY)
    assert wallet("subscriber")["debt"] == 4000
    prove_promises()


@pytest.mark.parametrize(
    ("outcome", "status"), [("wait", "cancelled"), ("review", "cancelled"), ("refuse", "refused")]
)
def test_what_was_never_promised_ends_without_entries(
    says: dict[str, Screening], now: datetime, outcome: str, status: str
) -> None:
    says["cause"] = Screening(outcome)
    payout_id = cleared(now=now)
    assert claw_back(payout_id, now=now) == (0 if status == "refused" else 1)
    assert state(payout_id) == (status, [])
    assert moves("subscriber") == []


def test_frozen_payouts_go_back(now: datetime) -> None:
    payout_id = cleared(now=now)
    freeze_payouts(payout_ids=[payout_id], reason="Odd.", by="ann", now=now)
    claw_back(payout_id, now=now)
    assert state(payout_id)[0] == "clawed_back"
    assert wallet("subscriber")["pending"] == 0


def test_what_was_paid_before_a_refusal_goes_back(now: datetime) -> None:
    payout_id = cleared(value_minor=270_000, now=now)
    april = now + 20 * DAY
    post("bill", amount_minor=45_000_000, occurred_at=april, now=april)
    pay_due(now=now + 31 * DAY)
    refuse_payouts(payout_ids=[payout_id], reason="Odd.", by="ann", now=now + 32 * DAY)
    assert state(payout_id)[0] == "refused"
    claw_back(payout_id, now=now + 33 * DAY)
    assert statuses(payout_id) == ["clawed_back", "cancelled", "cancelled"]
    prove_promises()


def test_several_of_one_wallet_share_its_lots(now: datetime) -> None:
    made = [cleared(f"c{n}", parts=1, now=now) for n in range(3)]
    reserve("r", 50_000, now=now)
    assert claw_back(*made, now=now + DAY) == 3
    held = wallet("subscriber")
    assert (held["available"], held["debt"], held["benefit_life_minor"]) == (0, 50_000, 0)
    prove_promises()


def test_kopecks_are_taken_back_as_they_were_given(now: datetime) -> None:
    activate({"point_value_minor": 7}, effective_from=now, now=now - DAY)
    payout_id = cleared(terms=2, now=now)
    pay_due(now=now + 70 * DAY)
    claw_back(payout_id, now=now + 71 * DAY)
    assert wallet("subscriber")["benefit_life_minor"] == 0
    assert set(months("subscriber").values()) == {(0, 0, 0, 0)}


def test_an_unknown_payout_stops_all(now: datetime) -> None:
    payout_id = cleared(now=now)
    before = dump()
    with pytest.raises(UnknownPayout):
        claw_back(payout_id, UUID(int=7), now=now)
    assert dump() == before


def test_takes_as_many_statements_for_a_longer_list(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        register(f"s{n}", now=now)
    counts = []
    for length in (1, 12):
        made = [cleared(f"{length}", subscriber_id=f"s{n}", now=now) for n in range(length)]
        with statements(monkeypatch) as sent:
            claw_back(*made, now=now)
        counts.append(len(sent))
    assert counts[0] == counts[1]
