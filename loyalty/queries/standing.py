"""A subscriber's tier, and how far the next one is."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from accounts.queries.subscribers import subscriber_called
from kernel.moments import month_of
from loyalty.models import SubscriberMonth
from loyalty.policy.terms import TierTerms
from loyalty.policy.tiers import tier_window
from loyalty.queries.terms import program_zone, terms_calendar
from loyalty.queries.tiers import tier_in_force


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
    """The tier in force, whether its month was evaluated yet or not.

    Raises:
        NoSuchSubscriber: billing has not reported them.
    """
    subscriber = subscriber_called(external_id)
    terms = terms_calendar().at(now).terms
    start, end = tier_window(month_of(now, program_zone()), terms)
    paid_minor = SubscriberMonth.objects.filter(
        subscriber=subscriber, month__gte=start, month__lt=end
    ).aggregate(paid=Sum("revenue_minor"))["paid"]
    in_force = tier_in_force(subscriber_id=subscriber.pk, at=now)
    names = terms.tier_names()
    place = names.index(in_force.tier)
    return TierReport(
        tier=terms.tiers[place],
        since=in_force.since,
        downgrade_on=in_force.downgrade_on,
        paid_minor=int(paid_minor or 0),
        next_tier=terms.tiers[place + 1] if place + 1 < len(names) else None,
    )
