"""The clock's job."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from referrals.operations.vest_referrals import Vested
from referrals.operations.vest_referrals import vest_referrals as vest_referrals_verb


@shared_task
def vest_referrals(**_: Any) -> Vested:
    return vest_referrals_verb(now=datetime.now(UTC))
