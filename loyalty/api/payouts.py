"""Payouts, read."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.pages import ListView, PageByUuidQuery
from doors.api.views import ApiRequest, ApiView, found
from loyalty.api import examples
from loyalty.api.answers import PayoutOut, PayoutsOut
from loyalty.api.filters import PayoutFilter
from loyalty.api.shown import payouts_shown
from loyalty.models import Payout
from loyalty.policy.gate import UnknownPayout


class PayoutsView(ListView):
    """Payouts."""

    required_scopes = {"GET": "payouts:read"}
    query_class = PageByUuidQuery
    filterset_class = PayoutFilter

    @extend_schema(responses=PayoutsOut, examples=examples.PAYOUTS)
    def get(self, request: ApiRequest) -> HttpResponse:
        """List payouts by id."""
        return self.page_together(
            Payout.objects.select_related("subscriber"), by="id", represent=payouts_shown
        )


class PayoutView(ApiView):
    """One payout."""

    required_scopes = {"GET": "payouts:read"}

    @extend_schema(responses=PayoutOut, examples=examples.PAYOUT)
    def get(self, request: ApiRequest, payout_id: UUID) -> HttpResponse:
        """Read a payout."""
        payout = Payout.objects.select_related("subscriber").filter(pk=payout_id).first()
        if payout is None:
            raise UnknownPayout
        return found(payouts_shown([payout])[0])
