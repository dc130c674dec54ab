"""What a subscriber has to do with invitations."""

from typing import NamedTuple

from django.db.models import Count

from referrals.models import Referral, ReferralCode
from referrals.policy.gates import REFUSED


class Inviting(NamedTuple):
    """A subscriber's code, whom they invited, and who invited them."""

    code: str
    invited: dict[str, int]
    invited_by: Referral | None

    @property
    def invited_in_all(self) -> int:
        """How many joined by their code."""
        return sum(self.invited.values())


def inviting_of(*, subscriber_id: int) -> Inviting:
    """The code if it was ever asked for, invitations by status, and the one they came by."""
    code = ReferralCode.objects.filter(pk=subscriber_id).values_list("code", flat=True).first()
    counted = (
        Referral.objects.filter(inviter_id=subscriber_id)
        .values_list("status")
        .annotate(number=Count("id"))
        .order_by("status")
    )
    by = Referral.objects.filter(invitee_id=subscriber_id).exclude(status=REFUSED)
    return Inviting(code or "", dict(counted), by.select_related("inviter").first())
