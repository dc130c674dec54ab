"""What clients say of referrals, read."""

from typing import Any

from accounts.api.bodies import IdentifierText, digest_if_given
from doors.api.bodies import StrictSerializer
from doors.api.fields import ClientId, InstantField, StrictString
from referrals.operations.join_invitees import JoinRequest
from referrals.policy.joining import JoinItem

# Codes are eight characters; hyphens and spaces between them don't matter.
CODE_LENGTH_MAX = 32


class JoinIn(StrictSerializer):
    """The body of `POST /referrals`."""

    referral_id = ClientId()
    referral_code = StrictString(max_length=CODE_LENGTH_MAX)
    invitee_id = ClientId()
    occurred_at = InstantField(required=False, allow_null=True)
    device = IdentifierText("device", required=False, allow_null=True)
    ip = IdentifierText("ip", required=False, allow_null=True)


def join_request(said: dict[str, Any]) -> JoinRequest:
    """A referral in the words of the verb that takes it in."""
    item = JoinItem(
        said["referral_id"], said["referral_code"], said["invitee_id"], said.get("occurred_at")
    )
    return JoinRequest(
        item,
        device=digest_if_given("device", said.get("device")),
        ip=digest_if_given("ip", said.get("ip")),
    )
