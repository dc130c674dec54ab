"""Deciding over referrals, and taking back the bonuses of those that were undone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from loyalty.models import Payout
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.decide_payouts import freeze_payouts
from loyalty.operations.pay_due import pay_due
from loyalty.operations.reverse_refunds import ReversalItem, reverse_refunds
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.gate import Reason
from referrals.models import Referral
from referrals.operations.vest_referrals import Vested, vest_referrals
from referrals.queries.progress import progress_of
from tests.books import dump, news, wallet
from tests.factories import activate, give_back, invite, post, register, reserve
from tests.loyalty.promises import prove_promises, state
from tests.loyalty.test_statement_counts import statements

pytestmark = pytest.mark.usefixtures("code")

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
START = datetime(2026, 1, 15, 9, tzinfo=UTC)
END = datetime(2026, 4, 15, 9, tzinfo=UTC)
NOTHING = Vested(0, 0, 0)


@pytest.fixture
def now() -> datetime:
    return START


def joined(name: str = "invitee", *, bill: int = 150_000, at: datetime = START) -> None:
    """An invitee who was activated at once, with one bill a week later."""
    invite("inviter", name, referral_id=f"ref-{name}", now=at)
    if bill:
        post(f"bill of {name}", name, amount_minor=bill, occurred_at=at + 7 * DAY, now=at + 7 * DAY)


def report(status: str, at: datetime, who: str = "invitee", **said: Any) -> None:
    register(who, **{"status": status, "status_since": at, "activated_at": START, **said}, now=at)


def referral(name: str = "invitee") -> tuple[str, str]:
    found = Referral.objects.get(invitee__external_id=name)
    return found.status, found.reason


def bonus() -> tuple[str, list[str]]:
    status, parts = state(Payout.objects.get(kind="referral_bonus").pk)
    return status, [part for _, part in parts]


def payout_id() -> UUID:
    found: UUID = Payout.objects.get(kind="referral_bonus").pk
    return found


def run(now: datetime) -> Vested:
    vested = vest_referrals(now=now)
    screen_payouts(now=now)
    pay_due(now=now)
    return vested


def points(who: str = "inviter") -> tuple[int, int, int]:
    held = wallet(who)
    return held["available"], held["pending"], held["debt"]


def test_qualifies_at_the_end_of_the_window_and_not_before() -> None:
    joined()
    assert vest_referrals(now=END - TICK) == NOTHING
    assert referral() == ("joined", "")
    assert vest_referrals(now=END) == Vested(1, 0, 0)
    assert referral() == ("qualified", "")
    payout = Payout.objects.get()
    assert (payout.kind, payout.status, payout.points) == ("referral_bonus", "requested", 30_000)
    assert (payout.parts, payout.cause_id, payout.terms) == (3, "ref-invitee", 1)
    assert payout.depends_on is not None
    assert payout.depends_on.external_id == "invitee"
    assert [item["referral_id"] for item in news("referral.qualified")] == ["ref-invitee"]


def test_deciding_again_changes_nothing() -> None:
    joined()
    joined("poor", bill=149_999)
    joined("gone")
    report("suspended", END - DAY, "gone")
    assert vest_referrals(now=END) == Vested(1, 2, 0)
    before = dump()
    for at in (END, END + DAY, START, END + 50 * DAY):
        assert vest_referrals(now=at) == NOTHING
    assert dump() == before


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (START - TICK, "expired"),
        (START, "qualified"),
        (END - TICK, "qualified"),
        (END, "expired"),
    ],
)
def test_only_charges_of_the_window_count(at: datetime, status: str) -> None:
    joined(bill=0)
    post("bill", "invitee", amount_minor=150_000, occurred_at=at, now=END)
    vest_referrals(now=END)
    assert referral()[0] == status


def test_refunds_of_the_window_count_whenever_made() -> None:
    joined(bill=150_001)
    give_back("f", "bill of invitee", "invitee", amount_minor=2, occurred_at=END, now=END)
    vest_referrals(now=END)
    assert referral() == ("expired", "arpu_not_reached")


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_a_gap_expires_at_once(status: str) -> None:
    joined()
    report(status, START + 30 * DAY)
    assert vest_referrals(now=START + 31 * DAY) == Vested(0, 1, 0)
    assert referral() == ("expired", "invitee_left")
    [said] = news("referral.expired")
    assert (said["referral_id"], said["reason"]) == ("ref-invitee", "invitee_left")
    report("active", START + 32 * DAY)
    assert vest_referrals(now=END) == NOTHING


def test_late_bills_let_an_expired_one_qualify() -> None:
    joined(bill=149_999)
    vest_referrals(now=END)
    post("late", "invitee", amount_minor=1, occurred_at=END - DAY, now=END + 9 * DAY)
    assert vest_referrals(now=END + 10 * DAY) == Vested(1, 0, 0)
    assert referral() == ("qualified", "")


def test_bills_that_come_much_too_late_change_nothing() -> None:
    joined(bill=149_999)
    vest_referrals(now=END)
    post("late", "invitee", amount_minor=1, occurred_at=END - DAY, now=END + 200 * DAY)
    assert vest_referrals(now=datetime(2026, 10, 15, 9, tzinfo=UTC)) == NOTHING


@pytest.mark.parametrize("per_page", [1, 2, 100])
def test_every_page_ends_alike(per_page: int) -> None:
    for n in range(5):
        joined(f"i{n}", bill=150_000 if n % 2 else 0)
    assert vest_referrals(now=END, referrals_per_page=per_page) == Vested(2, 3, 0)
    run(END)
    for n in range(5):
        register(f"i{n}", status="closed", activated_at=START, now=END + DAY)
    assert vest_referrals(now=END + DAY, referrals_per_page=per_page) == Vested(0, 0, 2)
    prove_promises()


def test_the_bonus_is_that_of_the_terms_at_the_join() -> None:
    joined()
    activate(
        {"point_value_minor": 7, "referral": {"bonus_minor": 70_000, "arpu_min_minor": 900_000}},
        effective_from=START + DAY,
        now=START + TICK,
    )
    joined("after", at=START + 2 * DAY, bill=2_700_000)
    run(END)
    payout = Payout.objects.get()
    assert (payout.terms, payout.points, payout.value_minor) == (1, 30_000, 30_000)
    run(END + 3 * DAY)
    later = Payout.objects.get(cause_id="ref-after")
    assert (later.terms, later.points, later.value_minor) == (2, 10_000, 70_000)
    prove_promises()


def test_invitees_have_a_bonus_of_their_own_if_the_terms_say_so() -> None:
    activate({"referral": {"invitee_bonus_minor": 3000}}, effective_from=START, now=START - DAY)
    joined()
    before = wallet("invitee")["available"]
    run(END)
    assert points("inviter") == (10_000, 20_000, 0)
    assert points("invitee") == (before + 1000, 2000, 0)
    report("closed", END + DAY)
    run(END + DAY)
    assert points("inviter") == (0, 0, 0)
    assert points("invitee") == (before, 0, 0)


def test_without_a_bonus_nothing_is_requested() -> None:
    activate({"referral": {"bonus_minor": 0}}, effective_from=START, now=START - DAY)
    joined()
    assert vest_referrals(now=END) == Vested(1, 0, 0)
    assert not Payout.objects.exists()


def test_a_corrected_activation_moves_the_window() -> None:
    joined()
    register("invitee", activated_at=START + 3 * DAY, now=START + 5 * DAY)
    assert vest_referrals(now=START + 6 * DAY) == NOTHING
    assert Referral.objects.get().window_ends_at == END + 3 * DAY
    assert vest_referrals(now=END + 3 * DAY - TICK) == NOTHING
    assert vest_referrals(now=END + 3 * DAY) == Vested(1, 0, 0)


def test_an_earlier_activation_ends_the_window_earlier() -> None:
    joined()
    register("invitee", activated_at=START - 3 * DAY, now=START + 5 * DAY)
    assert vest_referrals(now=END - 3 * DAY) == Vested(1, 0, 0)


def paid(parts: int = 1) -> datetime:
    """A bonus of which so many parts are paid; the moment of the last."""
    joined(bill=150_050)
    for number in range(parts):
        run(END + 31 * number * DAY)
    return END + 31 * (parts - 1) * DAY


@pytest.mark.parametrize(
    ("reason", "amount", "kept"),
    [("refund", 50, True), ("refund", 51, False), ("chargeback", 1, False)],
)
def test_what_is_given_back_below_the_gate_takes_the_bonus_back(
    reason: str, amount: int, kept: bool
) -> None:
    at = paid(2) + DAY
    give_back(
        "f", "bill of invitee", "invitee", amount_minor=amount, reason=reason, occurred_at=at,
        now=at,
    )  # fmt: skip
    assert vest_referrals(now=at).taken_back == (0 if kept else 1)
    if kept:
        assert points() == (20_000, 10_000, 0)
    else:
        assert bonus() == ("clawed_back", ["clawed_back", "clawed_back", "cancelled"])
        assert points() == (0, 0, 0)
    before = dump()
    vest_referrals(now=at + DAY)
    assert dump() == before
    prove_promises()


def test_a_refund_of_another_time_takes_nothing_back() -> None:
    at = paid() + DAY
    post("later", "invitee", occurred_at=END, now=at)
    give_back("f", "later", "invitee", amount_minor=100_000, occurred_at=at, now=at)
    assert vest_referrals(now=at) == NOTHING


def test_a_gap_of_the_window_that_is_learnt_of_later_takes_it_back() -> None:
    at = paid(3) + DAY
    register("invitee", status="suspended", status_since=END - DAY, activated_at=START, now=at)
    assert vest_referrals(now=at).taken_back == 1
    assert bonus() == ("clawed_back", ["clawed_back"] * 3)


def test_a_suspension_after_the_window_stops_what_is_due_and_takes_nothing_back() -> None:
    at = paid() + DAY
    report("suspended", at)
    assert vest_referrals(now=at) == NOTHING
    run(at + 40 * DAY)
    assert bonus() == ("cancelled", ["paid", "cancelled", "cancelled"])
    assert points() == (10_000, 0, 0)


@pytest.mark.parametrize(
    ("closed_at", "statuses"),
    [
        (datetime(2026, 10, 15, 9, tzinfo=UTC) - TICK, ["clawed_back"] * 3),
        (datetime(2026, 10, 15, 9, tzinfo=UTC), ["paid", "clawed_back", "clawed_back"]),
        (datetime(2027, 2, 1, tzinfo=UTC), ["paid"] * 3),
    ],
)
def test_each_part_has_a_window_of_its_own(closed_at: datetime, statuses: list[str]) -> None:
    paid(3)
    report("closed", closed_at)
    run(closed_at)
    assert bonus()[1] == statuses


def test_a_refund_is_learnt_of_after_a_departure_that_took_nothing() -> None:
    paid(3)
    left = datetime(2027, 2, 1, tzinfo=UTC)
    report("closed", left)
    run(left)
    back: dict[str, Any] = {"amount_minor": 51, "occurred_at": END + DAY, "now": left + DAY}
    give_back("f", "bill of invitee", "invitee", **back)
    run(left + DAY)
    assert bonus()[1] == ["clawed_back"] * 3


def test_an_earlier_departure_that_is_learnt_of_later_takes_the_other_parts() -> None:
    paid(3)
    late = datetime(2026, 11, 1, tzinfo=UTC)
    report("closed", late)
    run(late)
    assert bonus()[1] == ["paid", "clawed_back", "clawed_back"]
    register("invitee", status="closed", closed_at=END + DAY, activated_at=START, now=late + DAY)
    assert vest_referrals(now=late + DAY).taken_back == 1
    assert bonus() == ("clawed_back", ["clawed_back"] * 3)


def test_whoever_left_and_came_back_before_anybody_looked_has_left() -> None:
    at = paid() + DAY
    report("closed", at)
    report("active", at + 2 * DAY)
    assert vest_referrals(now=at + 3 * DAY).taken_back == 1
    assert points() == (0, 0, 0)


def test_a_line_that_was_activated_again_does_not_begin_a_new_window() -> None:
    joined()
    gone = START + 30 * DAY
    report("closed", gone)
    back = gone + 10 * DAY
    register("invitee", activated_at=back, now=back)
    post("new", "invitee", amount_minor=900_000, occurred_at=back + DAY, now=back + DAY)
    run(back + 200 * DAY)
    assert referral() == ("expired", "invitee_left")


def test_a_line_that_was_activated_again_has_left_the_referral_that_was_paid() -> None:
    at = paid() + DAY
    report("closed", at)
    register("invitee", activated_at=at + 10 * DAY, now=at + 10 * DAY)
    run(at + 11 * DAY)
    assert points() == (0, 0, 0)


def test_spent_points_are_owed() -> None:
    at = paid()
    reserve("r", 9000, "inviter", now=at)
    report("closed", at + DAY)
    vest_referrals(now=at + DAY)
    assert points() == (0, 0, 9000)
    prove_promises()


def test_the_gates_shown_follow_the_facts() -> None:
    joined(bill=149_999)
    [shown] = progress_of([Referral.objects.get()], END - TICK)
    assert (shown.retention.met, shown.retention.so_far, shown.retention.needed) == (False, 2, 3)
    assert (shown.arpu.met, shown.arpu.so_far, shown.arpu.missing) == (False, 49_999, 1)
    [shown] = progress_of([Referral.objects.get()], END)
    assert shown.retention.met
    assert shown.bonuses == []


@pytest.mark.parametrize(("shorter", "longer"), [(1, 12)])
def test_takes_as_many_statements_for_a_longer_page(
    shorter: int, longer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate({"referral": {"per_month_max": 99}}, effective_from=START, now=START - DAY)
    post("opens a wallet", "inviter", occurred_at=START, now=START)
    counts = []
    for length, at in ((shorter, START), (longer, START + DAY)):
        for n in range(length):
            joined(f"{length}-{n}", at=at)
        with statements(monkeypatch) as sent:
            assert vest_referrals(now=at + 90 * DAY).qualified == length
        screen_payouts(now=at + 90 * DAY)
        for n in range(length):
            register(f"{length}-{n}", status="closed", activated_at=at, now=at + 90 * DAY)
        with statements(monkeypatch) as more:
            assert vest_referrals(now=at + 90 * DAY).taken_back == length
        counts.append((len(sent), len(more)))
    assert counts[0] == counts[1]


def charged_back(at: datetime, *, amount: int = 1, reason: str = "chargeback") -> None:
    give_back(
        "f", "bill of invitee", "invitee", amount_minor=amount, reason=reason, occurred_at=at,
        now=at,
    )  # fmt: skip


def charged_back_again(at: datetime) -> None:
    give_back(
        "g", "bill of invitee", "invitee", amount_minor=1, reason="chargeback", occurred_at=at,
        now=at,
    )  # fmt: skip


def won(at: datetime, refund_id: str = "f") -> None:
    [outcome] = reverse_refunds(reversals=[ReversalItem(refund_id, "invitee")], now=at)
    assert outcome.refusal is None


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("reason", ["refund", "chargeback"])
@pytest.mark.parametrize("is_spent", [False, True])
def test_a_bonus_goes_on_when_what_took_it_back_is_reversed(
    parts: int, reason: str, is_spent: bool
) -> None:
    at = paid(parts) + DAY
    if is_spent:
        reserve("r", 10_000, "inviter", now=at)
        settle_redemptions(redemption_ids=["r"], credit_reference="c", now=at)
    before = (points(), bonus())
    charged_back(at, amount=51, reason=reason)
    assert vest_referrals(now=at).taken_back == 1
    won(at + DAY)
    assert vest_referrals(now=at + DAY) == Vested(0, 0, 0, 1)
    assert (points(), bonus()) == before
    assert [said["status"] for said in news("payout.reinstated")] == [before[1][0]]
    prove_promises()
    report = audit_ledger(now=at + DAY)
    assert report.holds, [report.line(fault) for fault in report.faults]
    again = dump()
    assert vest_referrals(now=at + DAY) == NOTHING
    assert dump() == again
    run(at + 100 * DAY)
    assert bonus() == ("paid", ["paid"] * 3)
    prove_promises()


def test_a_bonus_stays_taken_back_while_anything_else_undoes_it() -> None:
    at = paid(2) + DAY
    charged_back(at)
    charged_back_again(at)
    vest_referrals(now=at)
    won(at + DAY)
    assert vest_referrals(now=at + DAY) == NOTHING
    assert bonus()[0] == "clawed_back"
    won(at + DAY, "g")
    assert vest_referrals(now=at + DAY).reinstated == 1
    assert bonus()[0] == "cleared"


@pytest.mark.parametrize("is_spent", [False, True])
def test_what_only_the_reversed_refund_had_taken_back_is_there_again(is_spent: bool) -> None:
    at = paid(3) + DAY
    if is_spent:
        reserve("r", 20_000, "inviter", now=at)
        settle_redemptions(redemption_ids=["r"], credit_reference="c", now=at)
    before = points()
    charged_back(at)
    vest_referrals(now=at)
    assert bonus() == ("clawed_back", ["clawed_back"] * 3)
    # Six months after the second part was paid, and not yet after the third one.
    late = datetime(2026, 11, 1, tzinfo=UTC)
    charged_back_again(late)
    assert vest_referrals(now=late) == NOTHING
    won(late + DAY)
    assert vest_referrals(now=late + DAY).reinstated == 1
    assert bonus()[1][0] == "paid"
    assert bonus() == ("clawed_back", ["paid", "clawed_back", "clawed_back"])
    assert sum(before[:2]) - before[2] - 20_000 == sum(points()[:2]) - points()[2]
    prove_promises()
    report = audit_ledger(now=late + DAY)
    assert report.holds, [report.line(fault) for fault in report.faults]
    again = dump()
    assert vest_referrals(now=late + DAY) == NOTHING
    assert dump() == again
    won(late + 2 * DAY, "g")
    assert vest_referrals(now=late + 2 * DAY).reinstated == 1
    assert (points(), bonus()) == (before, ("paid", ["paid"] * 3))
    prove_promises()


def test_what_a_person_took_back_stays_with_them() -> None:
    at = paid(2) + DAY
    claim = Claim(payout_id(), Reason("confirmed_fraud", "One person."))
    claw_back_payouts(claims=[claim], by="ann", now=at)
    charged_back(at)
    vest_referrals(now=at)
    won(at + DAY)
    assert vest_referrals(now=at + DAY) == NOTHING
    assert bonus()[0] == "clawed_back"


def test_a_bonus_that_was_frozen_is_frozen_again() -> None:
    at = paid() + DAY
    freeze_payouts(payout_ids=[payout_id()], reason="A look.", by="ann", now=at)
    charged_back(at)
    vest_referrals(now=at)
    won(at + DAY)
    vest_referrals(now=at + DAY)
    assert bonus() == ("frozen", ["paid", "due", "due"])


def test_a_bonus_that_nobody_had_screened_waits_for_the_screen_again() -> None:
    joined(bill=150_050)
    vest_referrals(now=END)
    charged_back(END + DAY)
    vest_referrals(now=END + DAY)
    assert bonus() == ("cancelled", [])
    won(END + DAY)
    vest_referrals(now=END + DAY)
    assert bonus() == ("requested", [])
    run(END + 2 * DAY)
    assert bonus()[0] == "cleared"


def test_a_referral_that_a_chargeback_let_expire_qualifies_once_it_is_won() -> None:
    joined(bill=150_050)
    charged_back(END - DAY, amount=100_000)
    assert vest_referrals(now=END).expired == 1
    won(END + DAY)
    assert vest_referrals(now=END + DAY).qualified == 1
