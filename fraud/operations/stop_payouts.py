"""Stop what is still to be paid to subscribers, or let it go on."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from fraud.queries.benefits import payouts_of_subscribers
from loyalty.operations.decide_payouts import freeze_payouts, unfreeze_payouts


@transaction.atomic
def freeze_payouts_of(*, subscriber_ids: Sequence[int], reason: str, by: str, now: datetime) -> int:
    """Freeze every cleared payout of these subscribers, and of referrals of them as invitees.

    What is requested or in review is held by the gate already. Safe to repeat.

    Raises:
        ReasonMissing: nobody would know why.
    """
    payouts = payouts_of_subscribers(subscriber_ids=subscriber_ids, statuses=("cleared",))
    if payouts:
        freeze_payouts(payout_ids=[p.pk for p in payouts], reason=reason, by=by, now=now)
    return len(payouts)


@transaction.atomic
def unfreeze_payouts_of(
    *, subscriber_ids: Sequence[int], reason: str, by: str, now: datetime
) -> int:
    """Let every frozen payout of these subscribers go on. Safe to repeat.

    Raises:
        ReasonMissing: nobody would know why.
    """
    payouts = payouts_of_subscribers(subscriber_ids=subscriber_ids, statuses=("frozen",))
    if payouts:
        unfreeze_payouts(payout_ids=[p.pk for p in payouts], reason=reason, by=by, now=now)
    return len(payouts)
