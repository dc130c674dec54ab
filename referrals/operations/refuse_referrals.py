"""Refuse referrals that turned out to be abuse."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from outbox.operations import publish
from referrals import news
from referrals.models import Referral
from referrals.policy.gates import JOINED, REFUSED
from referrals.policy.joining import UnknownReferral


@transaction.atomic
def refuse_referrals(*, referral_ids: Sequence[str], now: datetime) -> int:
    """End open referrals without a bonus; those that are decided stay as they are.

    What a qualified one has brought is refused or taken back at the gate. Safe to repeat.

    Returns:
        How many were refused.

    Raises:
        UnknownReferral: an id was never seen.
    """
    referrals = list(
        Referral.objects.select_for_update(no_key=True, of=("self",))
        .select_related("inviter", "invitee")
        .filter(referral_id__in=set(referral_ids))
        .order_by("pk")
    )
    if len(referrals) < len(set(referral_ids)):
        raise UnknownReferral
    refused = [referral for referral in referrals if referral.status == JOINED]
    for referral in refused:
        referral.status, referral.reason, referral.decided_at = REFUSED, "refused_by_verdict", now
        referral.save(update_fields=["status", "reason", "decided_at"])
    items = [
        {
            "referral_id": referral.referral_id,
            "inviter_id": referral.inviter.external_id,
            "invitee_id": referral.invitee.external_id,
            "reason": referral.reason,
        }
        for referral in refused
    ]
    publish(name=news.REFUSED, items=items, now=now)
    return len(refused)
