"""What the clock gives of privacy's."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from privacy.operations.forget_identifiers import forget_blocked_identifiers


@shared_task
def forget_identifiers(**_: Any) -> int:
    return forget_blocked_identifiers(now=datetime.now(UTC))
