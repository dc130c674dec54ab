"""Taking up again what was given up on."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from outbox.models import Endpoint, Message
from outbox.operations.nudge_sender import nudge_sender
from outbox.operations.relay_lock import hold_relay
from outbox.operations.switch_endpoints import keep_step
from outbox.policy.endpoints import ENABLED
from outbox.policy.retries import DEAD, PENDING

# Of a step of a webhook.
NOTE_MAX = 255


@transaction.atomic
def revive_messages(*, message_ids: Sequence[int], reason: str, by: str, now: datetime) -> int:
    """Send dead messages again, under the ids that they had, with all their attempts anew.

    A revived message goes before the later ones of its lane. Safe to repeat: what isn't dead,
    belongs to an endpoint that is sent nothing, or would be cancelled with what waited there
    (`Endpoint.cancel_until`), is left alone.

    Args:
        message_ids: at most 1,000.
        reason: kept with the step of each webhook.

    Returns:
        How many were taken up.
    """
    hold_relay()
    rows = Message.objects.filter(
        pk__in=message_ids,
        status=DEAD,
        endpoint__status=ENABLED,
        pk__gt=F("endpoint__cancel_until"),
    )
    by_endpoint: dict[int, list[int]] = {}
    for number, endpoint_id in rows.order_by("endpoint_id", "id").values_list("id", "endpoint_id"):
        by_endpoint.setdefault(endpoint_id, []).append(number)

    revived = 0
    for endpoint in Endpoint.objects.filter(pk__in=by_endpoint).order_by("pk"):
        count = Message.objects.filter(pk__in=by_endpoint[endpoint.pk], status=DEAD).update(
            status=PENDING, ended_at=None, attempts_made=0, next_attempt_at=now
        )
        if count:
            keep_step(
                endpoint, "revived", by=by, now=now, note=f"{count} messages: {reason}"[:NOTE_MAX]
            )
        revived += count
    nudge_sender()
    return revived
