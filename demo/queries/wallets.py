"""What the demo's subscribers have to spend."""

from collections.abc import Iterable
from datetime import datetime

from kernel.moments import month_of
from loyalty.models import Wallet
from loyalty.queries.redemptions import RedemptionRecord
from loyalty.queries.terms import program_zone, terms_calendar


def redeemable_points(external_ids: Iterable[str], now: datetime) -> dict[str, int]:
    """Points by subscriber that may be redeemed: what is there, within the program's limits.

    All that is available is spendable once what has lapsed was swept.
    """
    wallets = Wallet.objects.filter(subscriber__external_id__in=list(external_ids))
    found = list(wallets.values_list("subscriber__external_id", "subscriber_id", "available"))
    record = RedemptionRecord([key for _, key, _ in found], [], month_of(now, program_zone()), now)
    terms = terms_calendar().at(now).terms
    value, caps = terms.point_value_minor, terms.caps
    redeemable = {}
    for external_id, key, available in found:
        facts = record.facts(
            key, spendable_points=available, card=None, more_points=0, more_value_minor=0
        )
        rooms = [
            available,
            caps.redemption_month_minor // value - facts.points_redeemed_month,
            caps.redemption_year_minor // value - facts.points_redeemed_year,
        ]
        if not facts.identity_is_verified:
            limit = terms.redemption.identity_needed_above_minor
            rooms.append((limit - facts.value_taken_minor) // value)
        redeemable[external_id] = max(0, min(rooms))
    return redeemable
