"""The demo: its file's history goes through the verbs, wholly and once."""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from io import StringIO

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Sum

from accounts.models import IdentifierUse, Subscriber
from demo.models import DemoLoad
from demo.operations.load_demo import (
    FILE,
    OtherDemoLoaded,
    begin_load,
    customers_of_the_file,
    load_demo,
)
from demo.operations.subscribers import GENERATED
from demo.policy.customers import life_of
from demo.policy.invitations import RING_SIZE, RINGS
from demo.policy.steps import bills_in, by_billing_day, steps_until
from fraud.models import Case, SubscriberStanding
from loyalty.models import (
    Charge,
    Entry,
    Instalment,
    MonthClosing,
    Payout,
    Redemption,
    Refund,
    Wallet,
)
from loyalty.queries.terms import program_zone
from referrals.models import Referral

pytestmark = pytest.mark.django_db

AS_OF = datetime(2026, 3, 17, 9, 41, tzinfo=UTC)
CUSTOMERS = 25


class Killed(Exception):
    """What ends a load half-way."""


@pytest.fixture(scope="module", autouse=True)
def said(django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    """A load that was killed half-way and begun again, and what its command printed."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        _, history = begin_load(customers=CUSTOMERS, now=AS_OF)
        steps = iter(range(100))

        def progress(_: int) -> None:
            if next(steps, None) is None:
                raise Killed

        with pytest.raises(Killed):
            load_demo(history=history, progress=progress)
        output = StringIO()
        call_command("load_demo", customers=CUSTOMERS, stdout=output)
        yield output.getvalue()
        transaction.set_rollback(True)


def rows_of_the_file() -> list[dict[str, str]]:
    with gzip.open(FILE, "rt") as lines:
        return list(csv.DictReader(lines))


def test_the_whole_file_has_as_many_charges_as_months_of_tenure() -> None:
    rows = rows_of_the_file()
    zone = program_zone()
    lives = [life_of(customer, AS_OF, zone) for customer in customers_of_the_file()]
    by_day = by_billing_day(lives)
    bills = [
        bill for step in steps_until(lives, AS_OF, zone) for bill in bills_in(by_day, step, zone)
    ]
    assert len(rows) == len(lives) == 7043
    assert len(bills) == sum(int(row["tenure"]) for row in rows) == 227_990
    assert len({(bill.life.customer.number, bill.place) for bill in bills}) == len(bills)
    assert all(bill.billed_at <= AS_OF for bill in bills)


def test_every_month_of_tenure_became_one_charge(said: str) -> None:
    counts = dict(
        Charge.objects.values_list("subscriber__external_id").annotate(count=Count("charge_id"))
    )
    for number, row in enumerate(rows_of_the_file()[:CUSTOMERS], start=1):
        assert counts.get(f"S-{number:05d}", 0) == int(row["tenure"])


def test_the_ledger_says_what_the_rule_makes_of_the_file() -> None:
    """Independently of the policies: rounded down per bill, by what twelve full months paid."""
    refunded = set(Refund.objects.values_list("subscriber__external_id", flat=True))
    checked = 0
    for number, row in enumerate(rows_of_the_file()[:CUSTOMERS], start=1):
        if f"S-{number:05d}" in refunded:
            continue
        roubles = Fraction(row["monthly_charges"]) * 10
        expected = 0
        for months_before in range(int(row["tenure"])):
            paid = min(months_before, 12) * roubles
            multiplier = 1.5 if paid >= 12_000 else 1.25 if paid >= 6_000 else 1
            expected += int(roubles * Fraction(multiplier))
        entries = Entry.objects.filter(subscriber__external_id=f"S-{number:05d}", kind="accrual")
        assert (entries.aggregate(all=Sum("points"))["all"] or 0) == expected
        checked += 1
    assert checked > CUSTOMERS // 2


def test_every_law_holds_and_the_trial_balance_is_printed(said: str) -> None:
    assert "Every law holds." in said
    assert f"Trial balance of {Wallet.objects.count():,} wallets" in said
    assert "dollars × 10 as roubles" in said


def test_the_history_has_redemptions_expiries_and_closed_months() -> None:
    kinds = set(Entry.objects.values_list("kind", flat=True))
    assert kinds >= {"accrual", "expiry", "reservation", "settlement"}
    assert not Redemption.objects.filter(status="reserved").exists()
    closed = MonthClosing.objects.order_by("month")
    assert closed.last().month.isoformat() == "2026-02-01"  # type: ignore[union-attr]
    assert closed.count() >= 60


def test_the_history_ends_at_its_moment() -> None:
    newest = Charge.objects.latest("occurred_at")
    assert (AS_OF - newest.occurred_at).days < 7
    assert not Entry.objects.filter(posted_at__gt=AS_OF).exists()


def test_who_left_is_closed_and_the_others_are_active() -> None:
    rows = rows_of_the_file()[:CUSTOMERS]
    for number, row in enumerate(rows, start=1):
        subscriber = Subscriber.objects.get(external_id=f"S-{number:05d}")
        assert subscriber.status == ("closed" if row["churn"] == "Yes" else "active")


def test_numbers_and_cards_belong_to_one_subscriber_each() -> None:
    of_the_file = IdentifierUse.objects.filter(
        subscriber__external_id__startswith="S-", identifier__kind__in=("phone", "card")
    )
    assert of_the_file.count() == 2 * CUSTOMERS
    assert of_the_file.values("identifier").distinct().count() == 2 * CUSTOMERS
    for customer in customers_of_the_file(CUSTOMERS):
        assert phonenumbers.is_possible_number(phonenumbers.parse(customer.msisdn))


def test_every_invitation_that_was_reported_is_a_referral_that_says_it_is_generated() -> None:
    _, history = begin_load(customers=None, now=AS_OF)
    expected = {
        each.referral_id
        for each in history.invitations.invitations
        if each.reported_at <= history.as_of
    }
    assert set(Referral.objects.values_list("referral_id", flat=True)) == expected
    assert all(referral_id.startswith("generated-") for referral_id in expected)
    strangers = Subscriber.objects.exclude(external_id__startswith="S-")
    assert strangers.count() == len(RINGS) * RING_SIZE
    assert not strangers.exclude(external_id__startswith="GENERATED-").exists()
    assert set(strangers.values_list("plan", flat=True)) == {GENERATED}


def test_referrals_end_in_every_way() -> None:
    ends = set(Referral.objects.values_list("status", "reason"))
    assert ends >= {
        ("qualified", ""),
        ("expired", "invitee_left"),
        ("expired", "arpu_not_reached"),
        ("refused", "refused_by_verdict"),
    }
    bonuses = Payout.objects.filter(kind="referral_bonus")
    paid = Instalment.objects.filter(payout__in=bonuses, status="paid")
    # In parts, each on its day or in the step after it.
    assert set(paid.values_list("number", flat=True)) == {1, 2, 3}
    assert all((part.paid_at.date() - part.due_on).days < 8 for part in paid if part.paid_at)


def test_of_the_rings_only_the_one_that_shares_an_address_is_paid() -> None:
    paid = Payout.objects.filter(subscriber__external_id__startswith="GENERATED-", status="paid")
    assert {payout.cause_id.rsplit("-", 1)[0] for payout in paid} == {"generated-ring-2"}
    assert paid.count() == RING_SIZE - 1


def test_whoever_invited_themselves_on_one_device_is_found_out_or_waits() -> None:
    own = [f"generated-{kind}" for kind in ("self-", "ring-1-", "ring-3-")]
    referrals = [r for r in Referral.objects.all() if r.referral_id.startswith(tuple(own))]
    assert {r.status for r in referrals} <= {"joined", "refused"}
    verdicts = Case.objects.filter(status="closed").exclude(decided_by="clock")
    assert set(verdicts.values_list("verdict", flat=True)) >= {"confirmed_fraud"}
    assert set(verdicts.values_list("decided_by", flat=True)) == {"generated-reviewer"}
    assert SubscriberStanding.objects.filter(standing="blocked").exists()


def test_the_summary_counts_referrals_and_bonuses(said: str) -> None:
    assert "Generated referrals: " in said
    assert f"{Referral.objects.filter(status='qualified').count()} qualified" in said
    assert "Their bonuses: " in said
    assert f"{Payout.objects.filter(status='paid').count()} paid" in said


def test_a_second_load_says_that_it_is_there() -> None:
    before = Entry.objects.count()
    output = StringIO()
    call_command("load_demo", stdout=output)
    assert "loaded already" in output.getvalue()
    assert Entry.objects.count() == before
    assert DemoLoad.objects.get().is_finished


def test_a_demo_of_another_size_is_not_mixed_in() -> None:
    with pytest.raises(OtherDemoLoaded):
        begin_load(customers=CUSTOMERS + 1, now=AS_OF)
    with pytest.raises(CommandError):
        call_command("load_demo", customers=CUSTOMERS + 1)
