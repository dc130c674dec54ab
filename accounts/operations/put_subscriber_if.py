"""Take in a report only if the subscriber is as its sender believes."""

from datetime import datetime

from django.db import transaction

from accounts.models import Subscriber
from accounts.operations.put_subscribers import PutOutcome, SubscriberItem, put_subscribers
from accounts.queries.tags import tags_of
from kernel.preconditions import Condition
from kernel.refusals import PreconditionFailed


@transaction.atomic
def put_subscriber_if(
    *, subscriber: SubscriberItem, condition: Condition, now: datetime
) -> PutOutcome:
    """Put one subscriber while nobody else does, if the condition holds of their state.

    Not safe to repeat: the first call changes the state that the condition names.

    Args:
        condition: the sender may have seen the state with or without personal data, so that the
            tag of either holds.

    Raises:
        PreconditionFailed: the state is another one; nothing was written.
    """
    external_id = subscriber.subscriber_id
    # The lock first: what the tag says must hold until the commit.
    locked = Subscriber.objects.filter(external_id=external_id).select_for_update(no_key=True)
    is_known = bool(list(locked.values_list("id")))
    if not condition.is_met((is_known and tags_of(external_id)) or ()):
        raise PreconditionFailed

    [outcome] = put_subscribers(subscribers=[subscriber], now=now)
    if outcome.refusal is None and not (is_known or outcome.created):
        # Another call registered them since.
        raise PreconditionFailed
    return outcome
