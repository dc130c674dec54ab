"""Wallets, entries and tiers, read."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from accounts.queries.subscribers import subscriber_called
from doors.api.bodies import StrictQuery
from doors.api.fields import PastInstantField
from doors.api.pages import ListView
from doors.api.views import ApiRequest, ApiView, found
from kernel.money import decimal_string
from loyalty.api import examples
from loyalty.api.answers import EntriesOut, TierOut, WalletOut
from loyalty.api.filters import EntryFilter
from loyalty.api.shown import current_wallet, entry_shown, wallet_shown
from loyalty.models import Entry
from loyalty.queries.standing import tier_report
from loyalty.queries.statements import wallet_as_of


class WalletQuery(StrictQuery):
    as_of = PastInstantField(
        required=False, help_text="A past instant; default now. One that is to come is refused."
    )


class WalletView(ApiView):
    """A subscriber's points."""

    required_scopes = {"GET": "wallets:read"}
    query_class = WalletQuery

    @extend_schema(responses=WalletOut, examples=examples.WALLET)
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read a wallet, now or as of a past instant.

        `as_of` counts what was posted by then. Points that have lapsed are not shown, swept
        or not; `expiring` lists every open lot in the order in which they are spent.
        """
        as_of = request.query.get("as_of")
        if as_of is None:
            return found(current_wallet(subscriber_id, datetime.now(UTC)))
        return found(wallet_shown(wallet_as_of(external_id=subscriber_id, at=as_of)))


class EntriesView(ListView):
    """A subscriber's ledger."""

    required_scopes = {"GET": "wallets:read"}
    filterset_class = EntryFilter

    @extend_schema(responses=EntriesOut, examples=examples.ENTRIES)
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read the entries of a wallet, the earliest first."""
        subscriber = subscriber_called(subscriber_id)
        return self.page(
            Entry.objects.filter(subscriber=subscriber),
            by="number",
            represent=entry_shown,
        )


class TierView(ApiView):
    """A subscriber's tier."""

    required_scopes = {"GET": "wallets:read"}

    @extend_schema(responses=TierOut, examples=examples.TIER)
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read the tier in force, and what the next one needs."""
        report = tier_report(external_id=subscriber_id, now=datetime.now(UTC))
        missing_minor = report.missing_minor
        return found(
            {
                "subscriber_id": subscriber_id,
                "tier": report.tier.name,
                "since": report.since,
                "multiplier": str(report.tier.multiplier),
                "paid": decimal_string(report.paid_minor),
                "currency": settings.PROGRAM_CURRENCY,
                "next_tier": report.next_tier.name if report.next_tier else None,
                "missing": decimal_string(missing_minor) if missing_minor is not None else None,
                "downgrade_on": report.downgrade_on,
            }
        )
