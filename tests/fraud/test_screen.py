"""Screening: what is known at the moment, judged by the live rule set, kept whole."""

from datetime import UTC, datetime, timedelta

import pytest

from fraud.models import Assessment, Case
from fraud.operations.screen import screen
from loyalty.policy.gate import Subject
from tests.factories import digest, register

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def redemption(subscriber_id: int, name: str = "r") -> Subject:
    return Subject("redemption", name, subscriber_id, "bill_credit", 10_000)


def test_somebody_with_nothing_odd_is_clear() -> None:
    ann = register("ann", now=NOW - DAY)
    [said] = screen(subjects=[redemption(ann.pk)], now=NOW)
    assert (said.outcome, said.reasons) == ("clear", ())
    kept = Assessment.objects.get()
    assert (kept.outcome, kept.band, kept.rule_set, kept.is_shadow) == ("clear", "low", 1, False)
    assert not Case.objects.exists()


def test_a_device_of_many_accounts_is_reviewed() -> None:
    phone = digest("device", "phone")
    for n in range(6):
        register(f"s{n}", identifiers=[phone], activated_at=NOW - n * DAY, now=NOW - n * DAY)
    ann = register("ann", identifiers=[phone], activated_at=NOW, now=NOW)
    [said] = screen(subjects=[redemption(ann.pk)], now=NOW)
    assert said.outcome == "review"
    assert [reason.code for reason in said.reasons] == ["fraud_score"]
    case = Case.objects.get()
    assert (case.queue, case.subject_id, case.status) == ("gate", "r", "open")
    assert Assessment.objects.get().facts["accounts_on_device"] == 6
    # What is found again is not kept again, nor is its case.
    screen(subjects=[redemption(ann.pk)], now=NOW)
    assert Assessment.objects.count() == Case.objects.count() == 1
