"""Set what is thought of subscribers."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Subscriber
from fraud import news
from fraud.models import SubscriberStanding
from fraud.policy.cases import CaseReasonMissing
from fraud.policy.standings import NORMAL, STANDINGS
from outbox.operations import publish
from trail.acting import acting


@transaction.atomic
def set_standings(
    *, subscriber_ids: Sequence[int], standing: str, reason: str, by: str, now: datetime
) -> int:
    """Set the standing of subscribers; safe to repeat.

    Returns:
        How many stood otherwise before.

    Raises:
        CaseReasonMissing: nobody would know why.
    """
    assert standing in STANDINGS, "a word of the policy"
    if not reason.strip():
        raise CaseReasonMissing
    known = {
        row.subscriber_id: row
        for row in SubscriberStanding.objects.select_for_update(no_key=True)
        .filter(subscriber_id__in=subscriber_ids)
        .order_by("subscriber_id")
    }
    changed = [
        key
        for key in sorted(set(subscriber_ids))
        if (known[key].standing if key in known else NORMAL) != standing
    ]
    if not changed:
        return 0
    with acting(by=by, reason=reason):
        SubscriberStanding.objects.bulk_create(
            [
                SubscriberStanding(
                    subscriber_id=key, standing=standing, reason=reason, set_at=now, set_by=by
                )
                for key in changed
            ],
            update_conflicts=True,
            unique_fields=["subscriber"],
            update_fields=["standing", "reason", "set_at", "set_by"],
        )
    names = dict(Subscriber.objects.filter(pk__in=changed).values_list("pk", "external_id"))
    items = [{"subscriber_id": names[key], "standing": standing, "by": by} for key in changed]
    publish(name=news.STANDING_CHANGED, items=items, now=now)
    return len(changed)
