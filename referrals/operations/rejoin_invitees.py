"""Join referrals again that the screen had refused."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from outbox.operations import publish
from referrals import news
from referrals.models import Referral
from referrals.policy.gates import JOINED, REFUSED
from referrals.policy.joining import REFUSED_BY_SCREEN


@transaction.atomic
def rejoin_invitees(*, referral_ids: Sequence[str], now: datetime) -> list[str]:
    """Let referrals go on that the screen refused and would no longer; safe to repeat.

    One whose invitee has been invited by somebody else meanwhile stays refused, and so does what
    a person refused. The window is that of the activation, as ever.

    Returns:
        The ids of those that are joined.
    """
    refused = list(
        Referral.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("inviter", "invitee")
        .filter(referral_id__in=set(referral_ids), status=REFUSED, reason=REFUSED_BY_SCREEN)
        .order_by("pk")
    )
    invited = set(
        Referral.objects.filter(invitee__in=[each.invitee_id for each in refused])
        .exclude(status=REFUSED)
        .values_list("invitee_id", flat=True)
    )
    joined = []
    for referral in refused:
        if referral.invitee_id in invited:
            continue
        invited.add(referral.invitee_id)
        referral.status, referral.reason, referral.decided_at = JOINED, "", None
        referral.save(update_fields=["status", "reason", "decided_at"])
        joined.append(referral)
    publish(
        name=news.JOINED,
        items=[
            {
                "referral_id": referral.referral_id,
                "inviter_id": referral.inviter.external_id,
                "invitee_id": referral.invitee.external_id,
                "joined_at": referral.joined_at,
            }
            for referral in joined
        ],
        now=now,
    )
    return [referral.referral_id for referral in joined]
