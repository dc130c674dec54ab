"""The queue in the admin: take a case, read it, decide, take the next one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client as Browser
from django.urls import reverse

from fraud.models import Case
from fraud.operations.work_cases import claim_case
from fraud.policy.cases import Analyst
from tests.admin.conftest import LogIn, sentences_of
from tests.fraud.stories import suspicious_payout
from tests.loyalty.promises import state

pytestmark = pytest.mark.django_db

LIST = reverse("admin:fraud_case_changelist")
NEXT = reverse("admin:fraud_case_next")
MAY = (
    "fraud.view_case",
    "fraud.decide_case",
    "fraud.view_assessment",
    "accounts.view_subscriber",
    "loyalty.view_payout",
    "loyalty.view_entry",
)
FRAUD = {"verdict": "confirmed_fraud", "reason": "One person with seven accounts."}
INNOCENT = {"verdict": "false_positive", "reason": "A family with one tablet."}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def payout_id() -> UUID:
    return suspicious_payout(now=now() - timedelta(hours=2))


@pytest.fixture
def case(payout_id: UUID) -> Case:
    return Case.objects.get()


@pytest.fixture
def ann(log_in: LogIn) -> Browser:
    return log_in(*MAY, name="ann")


def page(case: Case) -> str:
    return reverse("admin:fraud_case_change", args=[case.pk])


def step(case: Case, name: str) -> str:
    return reverse(f"admin:fraud_case_{name}", args=[case.pk])


def asks(case: Case, name: str) -> str:
    return reverse("admin:fraud_case_ask", args=[case.pk, name])


def claim(case: Case, name: str = "ann", at: datetime | None = None) -> None:
    claim_case(case_id=case.pk, by=Analyst(name), now=at or now())


def decide(browser: Browser, case: Case, said: dict[str, Any], **more: Any) -> Any:
    return browser.post(step(case, "decide"), {**said, **more}, follow=True)


def test_from_the_queue_through_a_verdict_to_the_next_case(
    ann: Browser, case: Case, payout_id: UUID
) -> None:
    listed = ann.get(LIST)
    assert listed.status_code == 200
    assert page(case) in listed.content.decode()
    taken = ann.post(NEXT, follow=True)
    assert taken.redirect_chain[-1][0] == page(case)
    assert taken.context["holds"]
    read = taken.content.decode()
    assert "Others on the same device" in read
    assert 'id="verdict-form"' in read
    answer = decide(ann, case, INNOCENT, go_on="1")
    assert answer.redirect_chain[-1][0] == LIST
    assert sentences_of(answer) == [
        f"Case {case.pk} is decided: false positive.",
        "There is no case left that you could take: the queue is empty.",
    ]
    assert state(payout_id)[0] == "paid"
    case.refresh_from_db()
    assert (case.status, case.decided_by) == ("closed", "ann")
