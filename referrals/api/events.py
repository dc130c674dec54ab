"""What the items of referrals' news hold."""

from typing import Any

from rest_framework import serializers as s

from referrals import news


class ReferralItem(s.Serializer[Any]):
    referral_id = s.CharField()
    inviter_id = s.CharField()
    invitee_id = s.CharField()


class ReferralJoinedItem(ReferralItem):
    joined_at = s.DateTimeField()


class ReferralEndedItem(ReferralItem):
    reason = s.CharField()


class ReferralRefusedItem(ReferralItem):
    joined_at = s.DateTimeField(required=False, help_text="If it was refused while joining.")
    reason = s.CharField(required=False, help_text="If it was refused later.")


EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    news.JOINED: ("An invitee joined by a code.", ReferralJoinedItem),
    news.QUALIFIED: ("An invitee stayed and paid: the bonuses are asked for.", ReferralItem),
    news.EXPIRED: ("A referral came to nothing.", ReferralEndedItem),
    news.REFUSED: ("A referral was refused.", ReferralRefusedItem),
}
