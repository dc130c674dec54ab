"""A subscriber's tier, and how far the next one is."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from accounts.queries.subscribers import subscriber_called
from kernel.moments import month_of
from loyalty.models import SubscriberMonth, Wallet
from loyalty.policy.terms import BRONZE, TierTerms
from loyalty.policy.tiers import tier_window
from loyalty.queries.terms import program_zone, terms_calendar


@dataclass(frozen=True, slots=True)
class TierReport:
    """A tier, since when, what was paid over the full months that count, and what comes next."""

    tier: TierTerms
    since: datetime | None
    downgrade_on: date | None
    paid_minor: int
    next_tier: TierTerms | None

    @property
    def missing_minor(self) -> int | None:
        """What must still be paid within the window for the next tier."""
        if self.next_tier is None:
            return None
        return max(0, self.next_tier.paid_min_minor - self.paid_minor)


def tier_report(*, external_id: str, now: datetime) -> TierReport:
    """The tier in force.

    Raises:
        NoSuchSubscriber: billing has not reported them.
    """
    subscriber = subscriber_called(external_id)
    terms = terms_calendar().at(now).terms
    start, end = tier_window(month_of(now, program_zone()), terms)
    paid_minor = SubscriberMonth.objects.filter(
        subscriber=subscriber, month__gte=start, month__lt=end
    ).aggregate(paid=Sum("revenue_minor"))["paid"]
    wallet = Wallet.objects.filter(subscriber=subscriber).first()
    names = terms.tier_names()
    place = names.index(wallet.tier if wallet is not None else BRONZE)
    return TierReport(
        tier=terms.tiers[place],
        since=wallet.tier_since if wallet is not None else None,
        downgrade_on=wallet.downgrade_on if wallet is not None else None,
        paid_minor=int(paid_minor or 0),
        next_tier=terms.tiers[place + 1] if place + 1 < len(names) else None,
    )
