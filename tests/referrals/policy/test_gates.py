"""The two gates: where a window ends, what is judged when, and what takes a bonus back."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.terms import ReferralTerms
from referrals.policy.gates import (
    ARPU_MISSED,
    EXPIRED,
    JOINED,
    LEFT,
    QUALIFIED,
    AfterFacts,
    GateFacts,
    Judgement,
    PaidPart,
    RefundMade,
    TakeBack,
    arpu_gate,
    judge,
    reaches_arpu,
    retention_gate,
    standing_again,
    to_take_back,
    window_end,
)

MOSCOW = ZoneInfo("Europe/Moscow")
TERMS = ReferralTerms()
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
START = datetime(2026, 1, 15, 9, tzinfo=UTC)
END = datetime(2026, 4, 15, 9, tzinfo=UTC)
ENOUGH = 150_000

# Microseconds of twenty years.
instants = st.integers(0, 20 * 365 * 86_400_000_000).map(
    lambda passed: datetime(2015, 1, 1, tzinfo=UTC) + passed * TICK
)


def there(text: str) -> datetime:
    """An instant as the clocks of Moscow show it."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        ("2026-01-15T12:00:00", 3, "2026-04-15T12:00:00"),
        ("2025-11-30T10:00:00", 3, "2026-02-28T10:00:00"),
        ("2025-11-29T10:00:00", 3, "2026-02-28T10:00:00"),
        ("2027-11-30T10:00:00", 3, "2028-02-29T10:00:00"),
        ("2028-02-29T10:00:00", 12, "2029-02-28T10:00:00"),
        ("2028-02-29T10:00:00", 48, "2032-02-29T10:00:00"),
        ("2026-01-31T00:00:00", 1, "2026-02-28T00:00:00"),
        ("2026-03-31T23:59:59.999999", 3, "2026-06-30T23:59:59.999999"),
        # In UTC it is still the day before, whose month is longer.
        ("2026-03-01T00:30:00", 1, "2026-04-01T00:30:00"),
        ("2026-01-01T02:59:00", 3, "2026-04-01T02:59:00"),
        ("2025-12-31T23:59:00", 2, "2026-02-28T23:59:00"),
    ],
)
def test_a_window_ends_at_the_same_time_of_a_clamped_day(
    begins: str, months: int, ends: str
) -> None:
    assert window_end(there(begins), months, MOSCOW) == there(ends)


@given(at=instants, months=st.integers(1, 120))
def test_a_window_ends_on_the_day_of_its_months(at: datetime, months: int) -> None:
    begins, ends = at.astimezone(MOSCOW), window_end(at, months, MOSCOW).astimezone(MOSCOW)
    passed = (ends.year - begins.year) * 12 + ends.month - begins.month
    assert passed == months
    assert ends.time() == begins.time()
    clamped = (ends.date() + DAY).day == 1
    assert ends.day == begins.day or (clamped and ends.day < begins.day)


@given(at=instants, other=instants, months=st.integers(1, 24))
def test_who_began_later_ends_no_earlier(at: datetime, other: datetime, months: int) -> None:
    first, second = sorted((at, other))
    if first.astimezone(MOSCOW).day <= 28 or second.astimezone(MOSCOW).day <= 28:
        assert window_end(first, months, MOSCOW) <= window_end(second, months, MOSCOW)


@pytest.mark.django_db
@given(at=instants, months=st.integers(1, 120))
def test_the_database_ends_windows_at_the_same_instant(at: datetime, months: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ((%s AT TIME ZONE %s) + make_interval(months => %s)) AT TIME ZONE %s",
            [at, str(MOSCOW), months, str(MOSCOW)],
        )
        assert cursor.fetchone() == (window_end(at, months, MOSCOW),)


def facts(**said: Any) -> GateFacts:
    known = {
        "activated_at": START, "window_ends_at": END, "stayed_until": None,
        "revenue_minor": ENOUGH,
    }  # fmt: skip
    return GateFacts(**{**known, **said})


@pytest.mark.parametrize(
    ("said", "now", "judgement"),
    [
        ({}, START, Judgement(JOINED)),
        ({}, END - TICK, Judgement(JOINED)),
        ({}, END, Judgement(QUALIFIED)),
        ({}, END + 400 * DAY, Judgement(QUALIFIED)),
        ({"revenue_minor": ENOUGH - 1}, END - TICK, Judgement(JOINED)),
        ({"revenue_minor": ENOUGH - 1}, END, Judgement(EXPIRED, ARPU_MISSED)),
        ({"revenue_minor": 0}, END, Judgement(EXPIRED, ARPU_MISSED)),
        ({"stayed_until": START + DAY}, START + DAY, Judgement(JOINED)),
        ({"stayed_until": START + DAY}, START + DAY + TICK, Judgement(EXPIRED, LEFT)),
        ({"stayed_until": END - TICK}, END, Judgement(EXPIRED, LEFT)),
        ({"stayed_until": END - TICK, "revenue_minor": 0}, END, Judgement(EXPIRED, LEFT)),
        ({"stayed_until": END}, END, Judgement(QUALIFIED)),
        ({"stayed_until": END}, END + 9 * DAY, Judgement(QUALIFIED)),
        # There was no active period at all.
        ({"stayed_until": START}, START + TICK, Judgement(EXPIRED, LEFT)),
    ],
)
def test_a_referral_is_judged(said: dict[str, Any], now: datetime, judgement: Judgement) -> None:
    assert judge(facts(**said), TERMS, now) == judgement


@given(
    revenue=st.integers(0, 10**7),
    months=st.integers(1, 24),
    needed=st.integers(0, 10**6),
)
def test_the_arpu_is_compared_without_rounding(revenue: int, months: int, needed: int) -> None:
    terms = ReferralTerms(stay_months_min=months, arpu_min_minor=needed)
    assert reaches_arpu(revenue, terms) == (revenue / months >= needed)
    assert reaches_arpu(needed * months, terms)
    assert not reaches_arpu(needed * months - 1, terms)


@given(
    activated_at=instants,
    months=st.integers(1, 12),
    stayed=st.none() | st.integers(0, 400 * 24),
    passed=st.integers(0, 500 * 24),
    revenue=st.integers(-10, 10**6),
)
def test_the_gates_shown_are_the_gates_judged(
    activated_at: datetime, months: int, stayed: int | None, passed: int, revenue: int
) -> None:
    terms = ReferralTerms(stay_months_min=months)
    ends, now = window_end(activated_at, months, MOSCOW), activated_at + timedelta(hours=passed)
    until = None if stayed is None else activated_at + timedelta(hours=stayed)
    known = GateFacts(activated_at, ends, until, revenue)
    retention, arpu = retention_gate(known, terms, MOSCOW, now), arpu_gate(known, terms)
    judgement = judge(known, terms, now)
    assert (judgement.status == QUALIFIED) == (retention.met and arpu.met)
    assert retention.met == (retention.missing == 0)
    assert arpu.met == (arpu.missing == 0)
    assert 0 <= retention.so_far <= retention.needed == months
    if judgement.reason == ARPU_MISSED:
        assert retention.met
    if judgement == Judgement(JOINED):
        assert not retention.met


@pytest.mark.parametrize(
    ("until", "now", "months"),
    [
        (None, START, 0),
        (None, datetime(2026, 2, 15, 9, tzinfo=UTC) - TICK, 0),
        (None, datetime(2026, 2, 15, 9, tzinfo=UTC), 1),
        (None, END, 3),
        (None, END + 300 * DAY, 3),
        (START + 40 * DAY, END, 1),
        (END - TICK, END, 2),
    ],
)
def test_full_months_are_counted(until: datetime | None, now: datetime, months: int) -> None:
    gate = retention_gate(facts(stayed_until=until), TERMS, MOSCOW, now)
    assert (gate.so_far, gate.met) == (months, months == 3)


PAID = (
    PaidPart(1, END),
    PaidPart(2, datetime(2026, 5, 15, 9, tzinfo=UTC)),
    PaidPart(3, datetime(2026, 6, 15, 9, tzinfo=UTC)),
)
FIRST_ENDS = datetime(2026, 10, 15, 9, tzinfo=UTC)


def after(*refunds: RefundMade, **said: Any) -> AfterFacts:
    known = {
        "window_ends_at": END, "stayed_until": None, "closed_at": None, "gross_minor": ENOUGH,
    }  # fmt: skip
    return AfterFacts(**{**known, **said}, refunds=refunds)


def taken(known: AfterFacts) -> tuple[set[int], str] | None:
    found = to_take_back(known, PAID, TERMS, MOSCOW)
    return None if found is None else (set(found.numbers), found.reason)


ALL = {1, 2, 3}


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (after(), None),
        (after(stayed_until=END), None),
        # A gap that begins after the window is no departure.
        (after(stayed_until=END + DAY), None),
        (after(stayed_until=END - TICK), (ALL, LEFT)),
        (after(closed_at=START), (ALL, LEFT)),
        (after(closed_at=FIRST_ENDS - TICK), (ALL, LEFT)),
        (after(closed_at=FIRST_ENDS), ({2, 3}, LEFT)),
        (after(closed_at=datetime(2026, 11, 15, 9, tzinfo=UTC)), ({3}, LEFT)),
        (after(closed_at=datetime(2026, 12, 15, 9, tzinfo=UTC)), (set(), LEFT)),
        (after(RefundMade(END + DAY, 1, "refund")), (ALL, "invitee_refunded")),
        (after(RefundMade(END + DAY, 1, "refund"), gross_minor=ENOUGH + 1), None),
        (after(RefundMade(FIRST_ENDS, 1, "refund")), ({2, 3}, "invitee_refunded")),
        (
            after(RefundMade(END + DAY, 1, "chargeback"), gross_minor=ENOUGH + 1),
            (ALL, "invitee_charged_back"),
        ),
        # The first refund leaves enough, the second doesn't.
        (
            after(
                RefundMade(FIRST_ENDS, 60, "refund"),
                RefundMade(END + DAY, 60, "refund"),
                gross_minor=ENOUGH + 100,
            ),
            ({2, 3}, "invitee_refunded"),
        ),
        # Whatever came first counts.
        (
            after(RefundMade(END + DAY, 1, "refund"), closed_at=FIRST_ENDS),
            (ALL, "invitee_refunded"),
        ),
    ],
)  # fmt: skip
def test_paid_parts_are_taken_back(known: AfterFacts, found: tuple[set[int], str] | None) -> None:
    assert taken(known) == found


LATE = after(RefundMade(FIRST_ENDS, 1, "chargeback"))


@pytest.mark.parametrize(
    ("known", "taken_back", "goes_on"),
    [
        (after(), PAID, True),
        (after(), (), True),
        # It leaves the first one alone, which something else had taken back.
        (LATE, PAID, True),
        (LATE, PAID[:1], True),
        (LATE, PAID[1:], False),
        (LATE, (), False),
        (after(RefundMade(END, 1, "chargeback")), PAID, False),
    ],
)
def test_what_nothing_else_takes_back_is_there_again(
    known: AfterFacts, taken_back: tuple[PaidPart, ...], goes_on: bool
) -> None:
    paid = tuple(part for part in PAID if part not in taken_back)
    stands = standing_again(known, paid, taken_back, TERMS, MOSCOW)
    assert (stands.goes_on, stands.undone) == (goes_on, to_take_back(known, PAID, TERMS, MOSCOW))


def test_nothing_paid_leaves_nothing_to_be_taken_but_the_rest_ends() -> None:
    assert to_take_back(after(closed_at=END), (), TERMS, MOSCOW) == TakeBack(
        frozenset(), LEFT, "The invitee left."
    )


refunds = st.lists(
    st.builds(
        RefundMade,
        st.integers(0, 300).map(lambda days: START + days * DAY),
        st.integers(1, 40_000),
        st.sampled_from(("refund", "chargeback")),
    ),
    max_size=4,
)


@given(made=refunds, gross=st.integers(ENOUGH, 2 * ENOUGH))
def test_the_order_in_which_refunds_are_read_does_not_matter(
    made: list[RefundMade], gross: int
) -> None:
    found = {str(taken(after(*each, gross_minor=gross))) for each in list(permutations(made))[:24]}
    assert len(found) == 1


@given(made=refunds, gross=st.integers(ENOUGH, 2 * ENOUGH))
def test_a_bonus_is_undone_exactly_if_its_gate_is(made: list[RefundMade], gross: int) -> None:
    net = gross - sum(refund.amount_minor for refund in made)
    undone = net < ENOUGH or any(refund.reason == "chargeback" for refund in made)
    assert (taken(after(*made, gross_minor=gross)) is not None) == undone


def test_a_clawback_window_follows_the_zone() -> None:
    # In Moscow it is 1 April already, so that the window ends on 1 October there.
    paid = PaidPart(1, there("2026-04-01T00:30:00"))
    assert paid.paid_at.date() == date(2026, 3, 31)
    for at, numbers in (
        (there("2026-10-01T00:30:00") - TICK, {1}),
        (there("2026-10-01T00:30:00"), set()),
    ):
        found = to_take_back(after(closed_at=at), (paid,), TERMS, MOSCOW)
        assert found is not None
        assert set(found.numbers) == numbers
