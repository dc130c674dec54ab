"""Whatever is done with many rows of a list asks for its reason, and is confirmed, first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import Subscriber
from fraud.models import (
    BlockedIdentifier,
    Case,
    CrowdedIdentifier,
    MeaninglessIdentifier,
    RuleSnooze,
)
from loyalty.models import Payout, Redemption
from loyalty.operations.reserve_points import RedemptionRequest, reserve_points
from loyalty.policy.redemptions import RedemptionItem
from outbox.models import Message
from outbox.operations.register_endpoints import register_endpoint
from tests.admin.conftest import IN_REVIEW, Asking
from tests.books import dump

NOW = datetime.now(UTC)


def a_case(member: Subscriber, credit: Asking) -> Any:
    payout = credit("of the case")
    return Case.objects.create(
        queue="gate", subject_type="payout", subject_id=str(payout.pk), subscriber=member,
        value_minor=1, score_millionths=0, band="low", status="open", opened_at=NOW,
        due_at=NOW + timedelta(days=7),
    )  # fmt: skip


def a_block(member: Subscriber, credit: Asking) -> Any:
    used = member.identifier_uses.earliest("pk").identifier
    return BlockedIdentifier.objects.create(
        identifier=used, reason="x", source="x", blocked_at=NOW, blocked_by="eve"
    )


def a_silenced_rule(member: Subscriber, credit: Asking) -> Any:
    return RuleSnooze.objects.create(
        subscriber=member, rule="household", until=NOW + timedelta(days=9), reason="x",
        set_at=NOW, set_by="eve",
    )  # fmt: skip


def a_payout(member: Subscriber, credit: Asking) -> Any:
    return credit()


def a_redemption(member: Subscriber, credit: Asking) -> Any:
    wanted = RedemptionRequest(RedemptionItem("R-2", "S-1", 100, "bill_credit"))
    reserve_points(requests=[wanted], now=NOW)
    return Redemption.objects.get(redemption_id="R-2")


def a_message(member: Subscriber, credit: Asking) -> Any:
    url = "https://crm.example.com/hooks"
    endpoint = register_endpoint(
        webhook_id="crm", url=url, description="", names=[], by="ann", now=NOW
    ).endpoint
    return Message.objects.create(
        endpoint=endpoint, name="payout.paid", lane=1, items=[{}], announced_at=NOW,
        written_at=NOW, next_attempt_at=NOW, status="dead", ended_at=NOW,
    )  # fmt: skip


def a_task(member: Subscriber, credit: Asking) -> Any:
    every = IntervalSchedule.objects.create(every=5, period="minutes")
    return PeriodicTask.objects.create(name="x", task="x", interval=every)


def a_meaningless_identifier(member: Subscriber, credit: Asking) -> Any:
    used = member.identifier_uses.earliest("pk").identifier
    return MeaninglessIdentifier.objects.create(
        identifier=used, reason="x", added_at=NOW, added_by="eve"
    )


def a_crowd(member: Subscriber, credit: Asking) -> Any:
    used = member.identifier_uses.earliest("pk").identifier
    return CrowdedIdentifier.objects.create(
        identifier=used, accounts=900, since_at=NOW, counted_at=NOW
    )


ROWS: dict[type[models.Model], Callable[[Subscriber, Asking], Any]] = {
    BlockedIdentifier: a_block,
    Case: a_case,
    CrowdedIdentifier: a_crowd,
    MeaninglessIdentifier: a_meaningless_identifier,
    Message: a_message,
    Payout: a_payout,
    PeriodicTask: a_task,
    Redemption: a_redemption,
    RuleSnooze: a_silenced_rule,
}


@pytest.mark.django_db
def test_every_list_with_steps_is_known_here() -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    with_steps = {
        model for model, site in admin.site._registry.items() if site.get_actions(request)
    }
    assert with_steps == set(ROWS)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_step_with_many_asks_for_its_reason_first(
    model: type[models.Model],
    manager: Browser,
    member: Subscriber,
    credit: Asking,
    says: dict[str, Any],
) -> None:
    says["R-2"] = IN_REVIEW
    row = ROWS[model](member, credit)
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="manager")
    listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    before = dump()
    for step in admin.site._registry[model].get_actions(request):
        answer = manager.post(listed, {"action": step, "_selected_action": [row.pk]}, follow=True)
        page = answer.content.decode()
        assert answer.status_code == 200, step
        assert 'name="reason"' in page or "None of what was chosen" in page, step
        assert dump() == before, step
