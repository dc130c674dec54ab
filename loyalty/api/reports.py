"""The report that billing compares its own books with."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers as s

from doors.api.periods import PeriodQuery, period_asked
from doors.api.views import ApiRequest, ApiView, found
from kernel.moments import day_of
from kernel.money import decimal_string
from loyalty.queries.reconciliation import Period, totals_by_day
from loyalty.queries.terms import program_zone

RECONCILIATION: dict[str, Any] = {
    "since": "2026-10-20",
    "until": "2026-10-21",
    "currency": "RUB",
    "totals": [
        {"day": "2026-10-20", "record": "charge", "kind": "service", "count": 7043,
         "amount": "4211950.10"},
        {"day": "2026-10-20", "record": "credit", "kind": "bill_credit", "count": 81,
         "amount": "20250.00"},
    ],
}  # fmt: skip


class DayTotalOut(s.Serializer[Any]):
    day = s.DateField(help_text="Of the program's time zone.")
    record = s.CharField(help_text="charge, refund, redemption, credit or reversal.")
    kind = s.CharField(help_text="Of the charge; the reason of a refund; the reward otherwise.")
    count = s.IntegerField()
    amount = s.CharField()


class ReconciliationOut(s.Serializer[Any]):
    since = s.DateField()
    until = s.DateField()
    currency = s.CharField()
    totals = DayTotalOut(many=True)


class ReconciliationView(ApiView):
    """What billing and the program must agree about."""

    required_scopes = {"GET": "reports:read"}
    query_class = PeriodQuery

    @extend_schema(
        responses=ReconciliationOut,
        examples=[OpenApiExample("Reconciliation", RECONCILIATION, response_only=True)],
    )
    def get(self, request: ApiRequest) -> HttpResponse:
        """Read counts and sums of charges, refunds, redemptions and credits, by day and kind.

        A charge or refund counts on the day when it occurred; a redemption when it was reserved,
        its credit when it was settled, the credit's reversal when it was reversed.
        """
        since, until = period_asked(request.query, day_of(datetime.now(UTC), program_zone()))
        totals = totals_by_day(Period(since, until))
        return found(
            {
                "since": since,
                "until": until,
                "currency": settings.PROGRAM_CURRENCY,
                "totals": [
                    {
                        **heading._asdict(),
                        "count": total.number,
                        "amount": decimal_string(total.amount_minor),
                    }
                    for heading, total in totals.items()
                ],
            }
        )
