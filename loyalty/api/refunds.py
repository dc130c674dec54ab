"""Billing reverses refunds, such as a chargeback that was won."""

from datetime import UTC, datetime

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parsed
from doors.api.views import ApiRequest, ApiView, answer
from loyalty.api import examples
from loyalty.api.answers import RefundReversalOut
from loyalty.api.bodies import RefundReversalIn, reversal_item
from loyalty.api.shown import current_wallet
from loyalty.operations.reverse_refunds import reverse_refunds
from loyalty.policy.refunds import REVERSED


class RefundReversalView(ApiView):
    """The reversal of a refund."""

    required_scopes = {"POST": "refunds:write"}

    @extend_schema(
        request=RefundReversalIn,
        responses={200: RefundReversalOut},
        examples=examples.REFUND_REVERSAL,
    )
    def post(self, request: ApiRequest, refund_id: str) -> HttpResponse:
        """Reverse a refund or chargeback that does not stand, such as a dispute that was won.

        Points come back to where they were, with the month's revenue and the room under its
        caps; a referral's bonus that the refund had taken back goes on. A refund that still
        waits for its charge will not be applied. Reversing again is a replay. The charge can be
        refunded again, under another `refund_id`.
        """
        now = datetime.now(UTC)
        item = reversal_item(refund_id, parsed(RefundReversalIn, request.data))
        [outcome] = reverse_refunds(reversals=[item], now=now)
        if outcome.refusal is not None:
            raise outcome.refusal
        body = {
            "refund_id": outcome.refund_id,
            "charge_id": outcome.charge_id,
            "status": REVERSED,
            "points_restored": outcome.points_restored,
            "debt_cancelled": outcome.debt_cancelled,
            "points_to_review": outcome.points_to_review,
            "points_lapsed": outcome.points_lapsed,
            "points_rounded": outcome.points_rounded,
            "wallet": current_wallet(item.subscriber_id, now),
        }
        return answer(body, replayed=outcome.replayed, status=200)
