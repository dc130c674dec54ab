"""Evaluating tiers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.queries.standing import tier_report
from tests.books import dump, news, rows, wallet
from tests.factories import give_back, post, register

pytestmark = pytest.mark.usefixtures("subscriber")


def start(year: int, month: int) -> datetime:
    """The first instant of a month in Moscow."""
    return datetime(year, month, 1, tzinfo=UTC) - timedelta(hours=3)


def paid(amount: int, month: int, year: int = 2025) -> None:
    at = datetime(year, month, 15, tzinfo=UTC)
    post(f"{year}-{month}", amount_minor=amount * 100, occurred_at=at, now=at)


def tiers() -> list[tuple[str, str]]:
    """Changes of tier: the day in Moscow from which they are in force, and the tier."""
    found = rows("SELECT starts_at, tier FROM loyalty_tierchange ORDER BY starts_at")
    return [(f"{r['starts_at'] + timedelta(hours=3):%Y-%m-%d}", r["tier"]) for r in found]


@pytest.mark.parametrize(
    ("amount", "tier"),
    [(5_999, "bronze"), (6_000, "silver"), (11_999, "silver"), (12_000, "gold")],
)
def test_counts_what_was_paid_in_full_months(amount: int, tier: str) -> None:
    paid(amount, 1)
    assert evaluate_tiers(now=start(2025, 2) - timedelta(microseconds=1)) == 0
    assert wallet("subscriber")["tier"] == "bronze"
    evaluate_tiers(now=start(2025, 2))
    assert wallet("subscriber")["tier"] == tier


def test_goes_up_at_once_and_down_step_by_step() -> None:
    paid(12_000, 1)
    evaluate_tiers(now=start(2026, 6))
    # January 2025 counts until December; a downgrade is announced, waits a month, then comes.
    assert tiers() == [("2025-02-01", "gold"), ("2026-03-01", "silver"), ("2026-04-01", "bronze")]
    assert news("tier.downgrade_announced") == [
        {"subscriber_id": "subscriber", "tier": "gold", "on": "2026-03-01"},
        {"subscriber_id": "subscriber", "tier": "silver", "on": "2026-04-01"},
    ]
    assert wallet("subscriber")["downgrade_on"] is None


def test_withdraws_a_downgrade_that_was_made_up_for() -> None:
    paid(6_000, 1)
    evaluate_tiers(now=start(2026, 2))
    assert wallet("subscriber")["downgrade_on"] == date(2026, 3, 1)
    paid(6_000, 2, 2026)
    evaluate_tiers(now=start(2026, 3))
    assert tiers() == [("2025-02-01", "silver")]
    assert [said["tier"] for said in news("tier.downgrade_withdrawn")] == ["silver"]


def test_counts_refunds_against_the_month_of_their_charge() -> None:
    paid(6_000, 1)
    at = datetime(2025, 1, 20, tzinfo=UTC)
    give_back("f", "2025-1", amount_minor=1, occurred_at=at, now=at)
    evaluate_tiers(now=start(2025, 2))
    assert tiers() == []


def test_is_in_force_from_the_start_of_its_month_however_late_it_runs() -> None:
    paid(6_000, 1)
    evaluate_tiers(now=datetime(2025, 4, 20, tzinfo=UTC))
    assert tiers() == [("2025-02-01", "silver")]
    assert wallet("subscriber")["tier_since"] == start(2025, 2)
    assert wallet("subscriber")["tier_evaluated_for"] == date(2025, 4, 1)


def test_evaluates_a_month_once() -> None:
    paid(6_000, 1)
    evaluate_tiers(now=start(2025, 2))
    before = dump()
    assert evaluate_tiers(now=start(2025, 2) + timedelta(days=20)) == 0
    assert dump() == before


@pytest.mark.parametrize("wallets_per_page", [1, 2, 100])
def test_evaluates_all_whatever_the_page(wallets_per_page: int) -> None:
    at = datetime(2025, 1, 15, tzinfo=UTC)
    for n in range(5):
        register(f"s{n}", now=at)
        post(
            "c", f"s{n}", amount_minor=600_000 * (n % 3), occurred_at=at, now=at
        ) if n % 3 else None
    assert evaluate_tiers(now=start(2025, 3), wallets_per_page=wallets_per_page) == 3
    changed = rows("SELECT tier FROM loyalty_tierchange ORDER BY tier")
    assert [row["tier"] for row in changed] == ["gold", "silver", "silver"]


def test_is_reported_with_what_is_missing_for_the_next_one() -> None:
    paid(7_000, 1)
    evaluate_tiers(now=start(2025, 2))
    report = tier_report(external_id="subscriber", now=start(2025, 2))
    assert (report.tier.name, report.paid_minor, report.missing_minor) == (
        "silver",
        700_000,
        500_000,
    )
    assert report.since == start(2025, 2)
