"""Charges earn by the tier of their moment, whether the clock has evaluated it or not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.operations.post_charges import post_charges
from loyalty.operations.preview import preview_charge
from loyalty.queries.standing import tier_report
from loyalty.queries.statements import wallet_as_of, wallet_now
from tests.books import dump, news, rows, wallet
from tests.factories import charge, give_back, post, register
from tests.loyalty.histories import EVERYTHING, Step, World, steps
from tests.loyalty.laws import prove_laws
from tests.loyalty.test_histories import TERMS, forgotten

few = settings(max_examples=max(15, settings().max_examples // 4))

JANUARY = datetime(2025, 1, 15, tzinfo=UTC)
ONE_MINUTE = timedelta(minutes=1)


def start(year: int, month: int) -> datetime:
    """The first instant of a month in Moscow."""
    return datetime(year, month, 1, tzinfo=UTC) - timedelta(hours=3)


def earned(charge_id: str, at: datetime, now: datetime | None = None) -> int:
    """Points of 1,000 roubles: 1,000, 1,250 or 1,500 of them by the tier."""
    return post(charge_id, occurred_at=at, now=now or at).points_earned


@pytest.fixture
def silver(subscriber: Any) -> None:
    """Somebody whose January is worth Silver, and whom the clock has not come to since."""
    post("2025-1", amount_minor=600_000, occurred_at=JANUARY, now=JANUARY)


@pytest.mark.usefixtures("silver")
@pytest.mark.parametrize("runs", ["never", "before", "between", "after"])
def test_equal_charges_earn_equal_points_whenever_the_job_runs(runs: str) -> None:
    at = start(2025, 2) + ONE_MINUTE
    made = []
    for place, moment in enumerate(("before", "between", "after")):
        if runs == moment:
            evaluate_tiers(now=at)
        if moment != "after":
            made.append(earned(f"c{place}", at))
    evaluate_tiers(now=at)
    assert made == [1_250, 1_250]
    assert rows("SELECT starts_at, tier FROM loyalty_tierchange") == [
        {"starts_at": start(2025, 2), "tier": "silver"}
    ]
    assert [said["since"] for said in news("tier.changed")] == ["2025-01-31T21:00:00+00:00"]


@pytest.mark.usefixtures("silver")
def test_a_list_earns_as_single_charges_do() -> None:
    at = start(2025, 2)
    charges = [charge(f"c{n}", occurred_at=at - n * ONE_MINUTE) for n in range(-1, 2)]
    outcomes = post_charges(charges=charges, now=at + ONE_MINUTE)
    assert [outcome.points_earned for outcome in outcomes] == [1_250, 1_250, 1_000]


@pytest.mark.usefixtures("silver")
def test_a_preview_says_what_will_be_earned_and_writes_nothing() -> None:
    at = start(2025, 2) + ONE_MINUTE
    before = dump()
    shown = preview_charge(charge=charge("c", occurred_at=at), now=at)
    assert (shown.tier, shown.outcome.points_earned) == ("silver", 1_250)
    assert dump() == before
    assert earned("c", at) == 1_250


@pytest.mark.usefixtures("silver")
def test_readers_see_the_tier_before_anything_evaluated_it() -> None:
    at = start(2025, 2) + ONE_MINUTE
    readers: dict[str, Callable[[], object]] = {
        "wallet": lambda: wallet_now(external_id="subscriber", now=at).tier,
        "past": lambda: wallet_as_of(external_id="subscriber", at=at).tier,
        "tier": lambda: tier_report(external_id="subscriber", now=at).tier.name,
        "since": lambda: tier_report(external_id="subscriber", now=at).since,
    }
    before = {name: read() for name, read in readers.items()}
    evaluate_tiers(now=at)
    assert before == {name: read() for name, read in readers.items()}
    assert before == {
        "wallet": "silver", "past": "silver", "tier": "silver", "since": start(2025, 2),
    }  # fmt: skip
    earlier = start(2025, 2) - ONE_MINUTE
    assert wallet_as_of(external_id="subscriber", at=earlier).tier == "bronze"


def test_missed_months_are_evaluated_in_order(subscriber: Any) -> None:
    post("2025-1", amount_minor=1_200_000, occurred_at=JANUARY, now=JANUARY)
    at = start(2026, 6) + ONE_MINUTE
    made = {
        month: earned(f"late-{month}", start(2026, month) - ONE_MINUTE, now=at)
        for month in (2, 3, 4, 5)
    }
    # Gold until the month of grace is over, Silver in March, Bronze from April on.
    assert made == {2: 1_500, 3: 1_500, 4: 1_250, 5: 1_000}
    assert [row["tier"] for row in rows("SELECT tier FROM loyalty_tierchange ORDER BY 1")] == [
        "bronze", "gold", "silver",
    ]  # fmt: skip
    assert [said["on"] for said in news("tier.downgrade_announced")] == [
        "2026-03-01", "2026-04-01",
    ]  # fmt: skip
    before = dump()
    assert evaluate_tiers(now=at) == 0
    assert dump() == before


def test_a_report_shows_the_downgrade_that_is_due(subscriber: Any) -> None:
    post("2025-1", amount_minor=600_000, occurred_at=JANUARY, now=JANUARY)
    at = start(2026, 2)
    report = tier_report(external_id="subscriber", now=at)
    assert (report.tier.name, report.downgrade_on) == ("silver", date(2026, 3, 1))


@pytest.mark.parametrize("runs", [False, True])
def test_bills_of_earlier_months_that_come_late_count_from_the_next_month(
    subscriber: Any, runs: bool
) -> None:
    post("first", amount_minor=100, occurred_at=JANUARY, now=JANUARY)
    at = start(2025, 2) + ONE_MINUTE
    if runs:
        evaluate_tiers(now=at)
    post("late", amount_minor=600_000, occurred_at=JANUARY, now=at)
    if runs:
        evaluate_tiers(now=at)
    assert earned("february", at) == 1_000
    assert earned("march", start(2025, 3)) == 1_250


@pytest.mark.parametrize("runs", [False, True])
def test_refunds_that_come_late_count_from_the_next_month(subscriber: Any, runs: bool) -> None:
    post("first", amount_minor=600_000, occurred_at=JANUARY, now=JANUARY)
    at = start(2025, 2) + ONE_MINUTE
    if runs:
        evaluate_tiers(now=at)
    give_back("f", "first", amount_minor=600_000, occurred_at=at, now=at)
    assert earned("february", at) == 1_250
    assert [said["tier"] for said in news("tier.changed")] == ["silver"]


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("as_list", [False, True])
def test_a_history_that_billing_sends_first_counts_in_the_month_of_opening(
    subscriber: Any, runs: bool, as_list: bool
) -> None:
    now = start(2025, 6) + timedelta(days=9)
    sent = [
        charge(f"m{month}", amount_minor=200_000, occurred_at=start(2025, month))
        for month in (2, 3, 4)
    ]
    sent += [charge(f"june{n}", occurred_at=now) for n in range(2)]
    if as_list:
        outcomes = post_charges(charges=sent, now=now)
    else:
        outcomes = []
        for each in sent:
            outcomes += post_charges(charges=[each], now=now)
            if runs:
                evaluate_tiers(now=now)
    assert [outcome.points_earned for outcome in outcomes[-2:]] == [1_250, 1_250]
    assert wallet_now(external_id="subscriber", now=now).tier == "silver"
    # Once a charge of the month has needed the tier it stands until the next one.
    post("more", amount_minor=2_000_000, occurred_at=start(2025, 4), now=now)
    assert earned("third", now) == 1_250
    assert earned("july", start(2025, 7)) == 1_500


def test_whoever_is_new_is_bronze_in_their_first_month(subscriber: Any) -> None:
    assert earned("first", JANUARY) == 1_000
    assert earned("second", JANUARY) == 1_000
    assert wallet("subscriber")["tier_evaluated_for"] == date(2025, 1, 1)


@pytest.mark.usefixtures("silver")
def test_a_charge_of_a_month_that_begins_in_a_minute_earns_by_its_tier() -> None:
    begins = start(2025, 2)
    before = begins - ONE_MINUTE
    assert earned("ahead", begins + ONE_MINUTE, now=before) == 1_250
    assert earned("still", before, now=before) == 1_000
    # Nobody sees February's tier while it is January.
    assert wallet_now(external_id="subscriber", now=before).tier == "bronze"
    report = tier_report(external_id="subscriber", now=before)
    assert (report.tier.name, report.since) == ("bronze", None)
    assert tier_report(external_id="subscriber", now=begins).tier.name == "silver"
    assert evaluate_tiers(now=begins) == 0


WITHOUT_TIERS = {name: weight for name, weight in EVERYTHING.items() if name != "tiers"}


def told() -> tuple[object, ...]:
    """Entries, charges, tiers and their news, without what differs from run to run."""
    entries = rows(
        "SELECT s.external_id, e.number, e.kind, e.source, e.destination, e.points, e.cause_id,"
        " e.occurred_at, e.posted_at FROM loyalty_entry e"
        " JOIN accounts_subscriber s ON s.id = e.subscriber_id ORDER BY 1, 2"
    )
    charges = rows(
        "SELECT s.external_id, c.charge_id, c.tier, c.points_earned, c.points_in_review"
        " FROM loyalty_charge c JOIN accounts_subscriber s ON s.id = c.subscriber_id ORDER BY 1, 2"
    )
    history = rows(
        "SELECT s.external_id, t.starts_at, t.tier FROM loyalty_tierchange t"
        " JOIN accounts_subscriber s ON s.id = t.subscriber_id ORDER BY 1, 2"
    )
    said = [
        sorted(map(str, news(f"tier.{name}")))
        for name in ("changed", "downgrade_announced", "downgrade_withdrawn")
    ]
    return entries, charges, history, said


@pytest.mark.django_db
@few
@given(history=steps(WITHOUT_TIERS), runs=st.sets(st.integers(0, 27)))
def test_when_tiers_are_evaluated_makes_no_difference(history: list[Step], runs: set[int]) -> None:
    seen = []
    for evaluated_after in (set(), runs, set(range(28))):
        with forgotten():
            world = World.begun(*TERMS)
            shown: list[object] = []
            for place, step in enumerate(history):
                world.take(step)
                if place in evaluated_after:
                    evaluate_tiers(now=world.now)
                shown += [
                    wallet_now(external_id=person, now=world.now).tier for person in ("ann", "bob")
                ]
            prove_laws(world.now)
            entries, charges, *_ = told()
            world.now += timedelta(days=40)
            evaluate_tiers(now=world.now)
            seen.append((shown, entries, charges, *told()[2:]))
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.usefixtures("db")
def test_lists_are_evaluated_in_a_fixed_number_of_statements(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.loyalty.test_statement_counts import posted, statements

    for number in range(60):
        register(f"s{number}", now=now)
    posted(60, each=1, at=now - timedelta(days=90), now=now - timedelta(days=80))
    counts = []
    for count in (50, 60):
        at = now + timedelta(days=count - 50 and 40)
        with statements(monkeypatch) as sent:
            posted(count, each=1, at=at, now=at)
        counts.append(len(sent))
    assert counts[0] == counts[1]
