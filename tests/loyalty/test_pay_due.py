"""Paying instalments on their days, and what keeps them from it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from loyalty.ledger.connection import FEW
from loyalty.operations.pay_due import pay_due
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import Screening
from tests.books import dump, lots, months, moves, news, rows, wallet
from tests.factories import activate, give_back, post, register, reserve
from tests.loyalty.promises import ask, prove_promises, reasons, state, statuses
from tests.loyalty.test_statement_counts import statements

pytestmark = pytest.mark.usefixtures("subscriber", "says")

Says = dict[str, Screening]
DAY = timedelta(days=1)
# 23:30 in Moscow, when it is still light in London.
EVENING = datetime(2026, 3, 31, 20, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return EVENING


def cleared(cause_id: str = "cause", *, now: datetime = EVENING, **said: object) -> UUID:
    payout_id = ask(cause_id, **{"parts": 3, **said}, now=now)  # type: ignore[arg-type]
    screen_payouts(now=now)
    return payout_id


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "paid"),
    [
        ("2026-04-29T20:59:59", 1),
        # Midnight in Moscow, at the end of a shorter month.
        ("2026-04-29T21:00:00", 2),
        ("2026-05-30T20:59:59", 2),
        ("2026-05-30T21:00:00", 3),
        ("2027-01-01T00:00:00", 3),
    ],
)
def test_parts_are_paid_from_their_days_on(as_of: str, paid: int) -> None:
    payout_id = cleared()
    assert pay_due(now=at(as_of)) == paid - 1
    assert statuses(payout_id) == ["paid"] * paid + ["due"] * (3 - paid)
    assert state(payout_id)[0] == ("paid" if paid == 3 else "cleared")
    assert wallet("subscriber")["available"] == paid * 10_000
    prove_promises()


def test_each_part_is_a_lot_whose_life_begins_on_its_day() -> None:
    cleared()
    late = at("2026-08-01T12:00:00")
    pay_due(now=late)
    assert [(row["number"], row["expires_at"]) for row in rows(
        "SELECT number, expires_at FROM loyalty_lot ORDER BY number"
    )] == [
        (2, at("2027-03-31T21:00:00")), (3, at("2027-04-30T21:00:00")),
        (4, at("2027-05-31T21:00:00")),
    ]  # fmt: skip
    found = rows("SELECT due_on, month, paid_at FROM loyalty_instalment ORDER BY number")
    assert [row["due_on"] for row in found] == [
        date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31),
    ]  # fmt: skip
    assert [row["paid_at"] for row in found] == [EVENING, late, late]


def test_each_part_counts_in_the_month_of_its_day() -> None:
    cleared()
    pay_due(now=at("2026-08-01T12:00:00"))
    counted = (0, 0, 10_000, 0)
    spring = ("2026-03", "2026-04", "2026-05")
    assert months("subscriber") == dict.fromkeys(spring, counted)
    assert wallet("subscriber")["benefit_life_minor"] == 30_000


def test_paying_again_pays_nothing_more() -> None:
    cleared()
    pay_due(now=at("2026-05-01T12:00:00"))
    before = dump()
    for as_of in ("2026-05-01T12:00:00", "2026-04-30T00:00:00", "2026-05-02T12:00:00"):
        assert pay_due(now=at(as_of)) == 0
    assert dump() == before


def test_debt_is_paid_first() -> None:
    post("c", amount_minor=1_500_000, occurred_at=EVENING - DAY, now=EVENING - DAY)
    reserve("r", 15_000, now=EVENING)
    give_back("f", "c", amount_minor=1_500_000, occurred_at=EVENING, now=EVENING)
    assert wallet("subscriber")["debt"] == 15_000
    payout_id = cleared()
    assert wallet("subscriber")["debt"] == 5000
    pay_due(now=EVENING + 40 * DAY)
    assert moves("subscriber")[-3:] == [
        ("payment", "pending", "debt", 10_000),
        ("payment", "pending", "debt", 5000),
        ("payment", "pending", "available", 5000),
    ]
    assert lots("subscriber")[7] == (5000, 5000)
    found = rows("SELECT lot FROM loyalty_instalment ORDER BY number")
    assert [row["lot"] for row in found] == [None, 7, None]
    assert statuses(payout_id) == ["paid", "paid", "due"]
    prove_promises()


@pytest.mark.parametrize(
    ("status", "who", "code"),
    [
        ("suspended", "invitee", "invitee_not_active"),
        ("closed", "invitee", "invitee_not_active"),
        ("suspended", "subscriber", "subscriber_suspended"),
        ("closed", "subscriber", "subscriber_closed"),
    ],
)
def test_the_rest_is_cancelled_if_somebody_is_gone_on_the_day(
    status: str, who: str, code: str
) -> None:
    register("invitee", now=EVENING)
    payout_id = cleared(depends_on="invitee")
    register(who, status=status, status_since=EVENING + 5 * DAY, now=EVENING + 5 * DAY)
    assert pay_due(now=EVENING + 40 * DAY) == 0
    assert state(payout_id) == ("cancelled", [(1, "paid"), (2, "cancelled"), (3, "cancelled")])
    assert reasons(payout_id) == [code]
    assert moves("subscriber")[-1] == ("cancellation", "pending", "revoked", 20_000)
    [said] = news("payout.cancelled")
    assert said["reasons"][0]["code"] == code
    before = dump()
    pay_due(now=EVENING + 90 * DAY)
    assert dump() == before
    prove_promises()


@pytest.mark.parametrize(
    ("gap", "paid"),
    [
        # The day of the second part is 30 April in Moscow.
        (("2026-04-29T20:00:00", "2026-04-30T20:00:00"), 3),
        (("2026-04-29T20:00:00", "2026-04-30T20:59:59.999999"), 3),
        (("2026-04-30T20:59:59.999999", "2026-05-02T00:00:00"), 1),
        (("2026-04-30T21:00:00", "2026-05-02T00:00:00"), 3),
    ],
)
def test_a_late_run_judges_each_part_by_the_end_of_its_day(gap: tuple[str, str], paid: int) -> None:
    register("invitee", now=EVENING)
    payout_id = cleared(depends_on="invitee")
    start, end = map(at, gap)
    register("invitee", status="suspended", status_since=start, now=start)
    register("invitee", status="active", status_since=end, now=end)
    pay_due(now=at("2026-07-01T00:00:00"))
    assert statuses(payout_id).count("paid") == paid


def test_on_the_day_itself_only_the_present_is_known() -> None:
    register("invitee", now=EVENING)
    payout_id = cleared(depends_on="invitee")
    # Active at noon, suspended in the evening.
    pay_due(now=at("2026-04-30T09:00:00"))
    register("invitee", status="suspended", now=at("2026-04-30T15:00:00"))
    pay_due(now=at("2026-04-30T16:00:00"))
    assert statuses(payout_id) == ["paid", "paid", "due"]


def test_a_part_above_a_cap_holds_the_rest_for_review() -> None:
    payout_id = cleared(value_minor=270_000)
    april = at("2026-04-10T12:00:00")
    post("bill", amount_minor=41_000_100, occurred_at=april, now=april)
    assert pay_due(now=at("2026-06-10T12:00:00")) == 0
    assert state(payout_id) == ("in_review", [(1, "paid"), (2, "due"), (3, "due")])
    assert reasons(payout_id) == ["cap_benefits"]
    assert wallet("subscriber")["pending"] == 180_000
    assert pay_due(now=at("2026-07-10T12:00:00")) == 0
    prove_promises()


def test_what_fits_under_the_cap_exactly_is_paid() -> None:
    cleared(value_minor=270_000)
    april = at("2026-04-10T12:00:00")
    post("bill", amount_minor=41_000_000, occurred_at=april, now=april)
    assert pay_due(now=at("2026-04-30T12:00:00")) == 1
    assert months("subscriber")["2026-04"][2] == 500_000


def bonuses(count: int, *, parts: int = 1) -> list[UUID]:
    made = []
    for n in range(count):
        register(f"i{n}", now=EVENING)
        made.append(
            ask(f"b{n}", kind="referral_bonus", depends_on=f"i{n}", parts=parts, now=EVENING)
        )
    return made


def test_an_inviter_is_paid_for_so_many_referrals_a_month() -> None:
    made = bonuses(7, parts=3)
    screen_payouts(now=EVENING)
    held = [each for each in made if state(each)[0] == "in_review"]
    assert [reasons(each) for each in held] == [["cap_referral_per_month"]] * 2
    assert wallet("subscriber")["available"] == 50_000
    # Later parts of those that began are paid all the same.
    assert pay_due(now=EVENING + 70 * DAY) == 10
    prove_promises()


def test_an_inviter_is_paid_so_much_a_month() -> None:
    activate(
        {"referral": {"value_month_minor": 100_000}}, effective_from=EVENING, now=EVENING - DAY
    )
    made = bonuses(5)
    screen_payouts(now=EVENING)
    held = [each for each in made if state(each)[0] == "in_review"]
    assert [reasons(each) for each in held] == [["cap_referral_value_month"]] * 2
    assert wallet("subscriber")["available"] == 90_000


def test_points_of_another_value_are_counted_in_kopecks() -> None:
    activate({"point_value_minor": 7}, effective_from=EVENING, now=EVENING - DAY)
    payout_id = cleared(terms=2)
    pay_due(now=EVENING + 70 * DAY)
    found = rows("SELECT points, value_minor FROM loyalty_instalment ORDER BY number")
    assert [(row["points"], row["value_minor"]) for row in found] == [
        (1428, 9996), (1428, 9996), (1429, 10_003),
    ]  # fmt: skip
    assert wallet("subscriber")["benefit_life_minor"] == 29_995
    assert wallet("subscriber")["available"] == 4285
    assert state(payout_id)[0] == "paid"
    prove_promises()


@pytest.mark.parametrize("per_page", [1, 2, 5, 1000])
def test_every_page_ends_alike(per_page: int) -> None:
    # Of two payouts in parts the year's cap leaves room for four parts: those due first.
    activate({"caps": {"benefit_year_minor": 400_000}}, effective_from=EVENING, now=EVENING - DAY)
    first = cleared("first", value_minor=300_000, now=EVENING)
    second = cleared("second", value_minor=300_000, now=EVENING + 5 * DAY)
    register("other", now=EVENING)
    third = cleared("third", subscriber_id="other", now=EVENING)
    assert pay_due(now=at("2026-09-01T00:00:00"), parts_per_page=per_page) == 4
    assert statuses(first) == ["paid", "paid", "due"]
    assert statuses(second) == ["paid", "paid", "due"]
    assert statuses(third) == ["paid"] * 3
    prove_promises()


@pytest.mark.parametrize(("shorter", "longer"), [(1, FEW // 3), (FEW, 3 * FEW)])
def test_takes_as_many_statements_for_a_longer_page(
    shorter: int, longer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(longer):
        register(f"s{n}", now=EVENING)
    counts = []
    for length, begun in ((shorter, EVENING), (longer, EVENING + 100 * DAY)):
        request_payouts(
            requests=[
                PayoutRequest(f"s{n}", "goodwill", "test", f"c{length}", 300, 1, 3)
                for n in range(length)
            ],
            now=begun,
        )
        screen_payouts(now=begun)
        with statements(monkeypatch) as sent:
            assert pay_due(now=begun + 90 * DAY) == 2 * length
        counts.append(len(sent))
    assert counts[0] == counts[1]
