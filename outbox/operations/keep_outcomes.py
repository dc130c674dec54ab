"""What came of attempts, written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from outbox.models import Attempt, Endpoint
from outbox.operations.switch_endpoints import disable_held
from outbox.policy.endpoints import ENABLED
from outbox.policy.places import pace_after
from outbox.policy.retries import Reply, fate_of, has_failed_too_long

SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt, and what came of it.

    Attributes:
        attempt: its number, from one.
        chance: from 0 to 1, drawn anew for each.
    """

    message: int
    endpoint: int
    attempt: int
    reply: Reply
    made_at: datetime
    chance: float


# What somebody else ended meanwhile (cancelled it, or sent it after our lease) stays ended.
_KEEP = """
    UPDATE outbox_message message SET
        status = outcome.status,
        attempts_made = outcome.attempt,
        next_attempt_at = coalesce(outcome.next_attempt_at, message.next_attempt_at),
        claimed_until = NULL,
        ended_at = CASE WHEN outcome.status = 'pending' THEN NULL ELSE outcome.at END,
        last_status = outcome.answer,
        last_error = outcome.error
    FROM unnest(
        %s::bigint[], %s::text[], %s::smallint[], %s::timestamptz[], %s::timestamptz[],
        %s::smallint[], %s::text[]
    ) AS outcome(id, status, attempt, next_attempt_at, at, answer, error)
    WHERE message.id = outcome.id AND message.status = 'pending'
"""


@transaction.atomic
def keep_outcomes(*, outcomes: Sequence[Outcome]) -> None:
    """Write down what came of attempts, and what follows for their endpoints.

    An endpoint that says it is gone (410), or has only failed for three days, is disabled, and
    what it waits for is cancelled.
    """
    if not outcomes:
        return
    endpoints = _held({outcome.endpoint for outcome in outcomes})

    fates = [
        fate_of(reply=each.reply, attempts=each.attempt, now=each.made_at, chance=each.chance)
        for each in outcomes
    ]
    columns: list[Any] = [
        [each.message for each in outcomes],
        [fate.status for fate in fates],
        [each.attempt for each in outcomes],
        [fate.next_attempt_at for fate in fates],
        [each.made_at for each in outcomes],
        [each.reply.status for each in outcomes],
        ["" if each.reply.is_delivered else each.reply.said for each in outcomes],
    ]

    with connection.cursor() as cursor:
        cursor.execute(_KEEP, columns)
    Attempt.objects.bulk_create(
        Attempt(
            message_id=each.message,
            number=each.attempt,
            made_at=each.made_at,
            milliseconds=each.reply.milliseconds,
            answer=each.reply.status,
            error=each.reply.error,
        )
        for each in outcomes
    )
    for endpoint in endpoints:
        _judge(endpoint, [each for each in outcomes if each.endpoint == endpoint.pk])


def _held(endpoint_ids: set[int]) -> list[Endpoint]:
    """The endpoints, locked before their messages: whoever disables one does the same."""
    rows = Endpoint.objects.filter(pk__in=endpoint_ids).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def _judge(endpoint: Endpoint, outcomes: Sequence[Outcome]) -> None:
    if endpoint.status != ENABLED:
        return
    last = max(outcome.made_at for outcome in outcomes)
    if any(outcome.reply.is_gone for outcome in outcomes):
        reason = "The receiver said that it is gone for good (410)."
        disable_held(endpoint, reason=reason, by=SENDER, now=last)
        return
    delivers = any(outcome.reply.is_delivered for outcome in outcomes)
    failing_since = None if delivers else endpoint.failing_since or last
    if has_failed_too_long(failing_since, last):
        reason = "Every message failed for three days."
        disable_held(endpoint, reason=reason, by=SENDER, now=last)
        return
    pace = endpoint.pace
    for outcome in outcomes:
        pace = pace_after(pace, outcome.reply.milliseconds)
    if (failing_since, pace) != (endpoint.failing_since, endpoint.pace):
        endpoint.failing_since, endpoint.pace = failing_since, pace
        endpoint.save(update_fields=["failing_since", "pace"])
