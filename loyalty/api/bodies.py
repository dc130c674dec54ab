"""What clients say of charges, refunds and redemptions, read."""

from typing import Any

from accounts.api.bodies import IdentifierText, digest_if_given
from doors.api.bodies import StrictSerializer, UnreadList
from doors.api.faults import Fault
from doors.api.fields import (
    AmountField,
    ClientId,
    CurrencyField,
    InstantField,
    StrictChoice,
    StrictInteger,
    StrictString,
)
from loyalty.operations.reserve_points import RedemptionRequest
from loyalty.operations.reverse_refunds import ReversalItem
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.redemptions import REWARDS, RedemptionItem
from loyalty.policy.refunds import REFUND_REASONS, RefundItem
from loyalty.policy.terms import CHARGE_KINDS

BATCH_MAX = 10_000
POINTS_MAX = 10**12


class ChargeIn(StrictSerializer):
    """The body of `POST /charges`, and each charge of a batch or an import."""

    charge_id = ClientId()
    subscriber_id = ClientId()
    amount = AmountField(source="amount_minor")
    currency = CurrencyField()
    kind = StrictChoice(CHARGE_KINDS)
    occurred_at = InstantField()


class ChargesIn(StrictSerializer):
    """The body of `POST /charges/batch`; its charges are read one by one."""

    charges = UnreadList(ChargeIn(), max_items=BATCH_MAX)


class RefundIn(StrictSerializer):
    """The body of `POST /charges/{charge_id}/refunds`."""

    refund_id = ClientId()
    subscriber_id = ClientId()
    amount = AmountField(source="amount_minor")
    currency = CurrencyField(required=False)
    reason = StrictChoice(REFUND_REASONS)
    occurred_at = InstantField()


class RefundReversalIn(StrictSerializer):
    """The body of `POST /refunds/{refund_id}/reverse`."""

    subscriber_id = ClientId()
    reason = StrictString(max_length=200, required=False, allow_null=True)
    occurred_at = InstantField(required=False, allow_null=True)


class RedemptionIn(StrictSerializer):
    """The body of `POST /redemptions`."""

    redemption_id = ClientId()
    subscriber_id = ClientId()
    points = StrictInteger(min_value=1, max_value=POINTS_MAX)
    reward = StrictChoice(REWARDS)
    payment_instrument = IdentifierText(
        "card",
        required=False,
        allow_null=True,
        help_text="The payment provider's fingerprint of the card; a card's number is refused.",
    )
    device = IdentifierText("device", required=False, allow_null=True)
    ip = IdentifierText("ip", required=False, allow_null=True)


class SettlementIn(StrictSerializer):
    """The body of a settlement."""

    credit_reference = ClientId(required=False, allow_null=True)


class ReturnIn(StrictSerializer):
    """The body of a release or a reversal."""

    reason = StrictString(max_length=200, required=False, allow_null=True)


class PreviewChargeIn(StrictSerializer):
    """A charge that has not happened."""

    subscriber_id = ClientId()
    amount = AmountField(source="amount_minor")
    currency = CurrencyField()
    kind = StrictChoice(CHARGE_KINDS)
    occurred_at = InstantField(required=False)


class PreviewRedemptionIn(StrictSerializer):
    """A redemption that nobody has asked for."""

    subscriber_id = ClientId()
    points = StrictInteger(min_value=1, max_value=POINTS_MAX)
    reward = StrictChoice(REWARDS, required=False)
    payment_instrument = IdentifierText(
        "card",
        required=False,
        allow_null=True,
        help_text="The payment provider's fingerprint of the card; a card's number is refused.",
    )


class PreviewIn(StrictSerializer):
    """The body of `POST /program/preview`: one of the two."""

    charge = PreviewChargeIn(required=False)
    redemption = PreviewRedemptionIn(required=False)

    def faults(self, values: dict[str, Any]) -> list[Fault]:
        if len(values) == 1:
            return []
        return [Fault((), "one_of", "Give either a charge or a redemption.")]


def charge_item(said: dict[str, Any]) -> ChargeItem:
    """A charge in the words of the verb that posts it."""
    return ChargeItem(
        said["charge_id"],
        said["subscriber_id"],
        said["amount_minor"],
        said["kind"],
        said["occurred_at"],
    )


def refund_item(charge_id: str, said: dict[str, Any]) -> RefundItem:
    """A refund in the words of the verb that posts it."""
    return RefundItem(
        said["refund_id"],
        charge_id,
        said["subscriber_id"],
        said["amount_minor"],
        said["reason"],
        said["occurred_at"],
    )


def reversal_item(refund_id: str, said: dict[str, Any]) -> ReversalItem:
    """A reversal in the words of the verb that posts it."""
    return ReversalItem(
        refund_id, said["subscriber_id"], said.get("reason") or "", said.get("occurred_at")
    )


def redemption_request(said: dict[str, Any]) -> RedemptionRequest:
    """A redemption in the words of the verb that reserves it."""
    item = RedemptionItem(
        said["redemption_id"], said["subscriber_id"], said["points"], said["reward"]
    )
    return RedemptionRequest(
        item,
        payment_instrument=digest_if_given("card", said.get("payment_instrument")),
        device=digest_if_given("device", said.get("device")),
        ip=digest_if_given("ip", said.get("ip")),
    )
