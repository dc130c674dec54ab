"""Give subscribers their referral codes."""

from datetime import datetime

from django.db import transaction

from accounts.queries.subscribers import subscriber_called
from referrals.models import ReferralCode
from referrals.policy.codes import new_code


@transaction.atomic
def referral_code_of(*, subscriber_id: str, now: datetime) -> ReferralCode:
    """The code of a subscriber, made when it is first asked for; always the same afterwards.

    Raises:
        NoSuchSubscriber: billing has not reported them.
    """
    subscriber = subscriber_called(subscriber_id)

    kept = ReferralCode.objects.filter(subscriber=subscriber).first()
    while kept is None:
        # Somebody else may ask at the same moment, or have this very code: then it stays out.
        ReferralCode.objects.bulk_create(
            [ReferralCode(subscriber=subscriber, code=new_code(), made_at=now)],
            ignore_conflicts=True,
        )
        kept = ReferralCode.objects.filter(subscriber=subscriber).first()
    return kept
