"""What a charge or a redemption would do, decided by the same policies and written nowhere."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from loyalty.ledger import facts
from loyalty.ledger.books import read_books
from loyalty.ledger.plan import Plan
from loyalty.models import Redemption
from loyalty.operations.post_charges import ChargeOutcome, decide, facts_for, sort_out
from loyalty.operations.reserve_points import RedemptionRequest, reserving_for
from loyalty.policy.accrual import ChargeItem
from loyalty.queries.terms import terms_calendar


class ChargePreview(NamedTuple):
    """What a charge would make, under which tier and terms, and until when."""

    outcome: ChargeOutcome
    tier: str
    terms: int
    expires_at: datetime | None


@transaction.atomic
def preview_charge(*, charge: ChargeItem, now: datetime) -> ChargePreview:
    """Decide over a charge without locking or writing anything.

    Raises:
        UnknownSubscriber, SubscriberClosed, OccurredInTheFuture: it would be refused.
        IdReused: its id was used before.
    """
    kept = facts.answered_charges(facts.ask_for_charges([(charge.subscriber_id, charge.charge_id)]))
    books = read_books([charge.subscriber_id])

    calendar = terms_calendar()
    sorting = sort_out([charge], books, kept, calendar, now)
    refusal = sorting.outcomes[0].refusal
    if refusal is not None:
        raise refusal
    if not sorting.fresh:
        # Posted before: it would be answered with what it made then.
        [before] = kept.values()
        return ChargePreview(sorting.outcomes[0], before.tier, before.terms, None)
    plan = Plan()
    known = facts_for(sorting.fresh, calendar, now)
    outcome = decide(plan, sorting.fresh[0], known, now)

    [row] = plan.charges
    opened = [lot.expires_at for lot in plan.opened.values()]
    return ChargePreview(outcome, row.tier, row.terms, opened[0] if opened else None)


@transaction.atomic
def preview_redemption(*, request: RedemptionRequest, now: datetime) -> Redemption:
    """Decide over a redemption without locking or writing anything; the result is not stored.

    Raises:
        Refusal: that of `reserve_points`.
    """
    books = read_books([request.item.subscriber_id])

    return reserving_for([request], books, now).decide(request)
