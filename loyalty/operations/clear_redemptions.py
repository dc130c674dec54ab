"""Persons clear redemptions that the screen sent to review."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from loyalty import news
from loyalty.ledger.payouts import keep_changes
from loyalty.operations.redemption_rows import (
    RedemptionOutcome,
    lock_redemptions,
    names_of,
    said_of,
    save_redemptions,
)
from loyalty.policy.gate import Change, ReasonMissing, StepNotPossible
from loyalty.policy.standing import refusal_by_closing
from loyalty.queries.terms import terms_calendar
from outbox.operations import publish


@transaction.atomic
def clear_redemptions(
    *, redemption_ids: Sequence[str], reason: str, by: str, now: datetime
) -> list[RedemptionOutcome]:
    """Let redemptions in review go on: their reservations hold from now on. Safe to repeat.

    Args:
        redemption_ids: made by the client; at most 1,000.
        reason: kept with the step.
        by: who decided it.
        now: the moment of the verdict, timezone-aware.

    Raises:
        UnknownRedemption: an id was never seen.
        ReasonMissing: nobody would know why.
        SubscriberClosed: the points go back.
        StepNotPossible: one is not in review.
    """
    if not reason.strip():
        raise ReasonMissing
    redemptions, books = lock_redemptions(redemption_ids)

    hours = terms_calendar().at(now).terms.redemption.reservation_hours

    cleared, outcomes = [], []
    for redemption in redemptions:
        if redemption.status not in ("in_review", "reserved"):
            raise StepNotPossible(f"The redemption is {redemption.status}.")
        outcomes.append(RedemptionOutcome(redemption, replayed=redemption.status == "reserved"))
        if redemption.status == "reserved":
            continue
        refusal = refusal_by_closing(books[redemption.subscriber_id])
        if refusal is not None:
            raise refusal
        redemption.status = "reserved"
        redemption.expires_at = now + timedelta(hours=hours)
        cleared.append(redemption)

    save_redemptions(cleared)
    keep_changes(
        [
            Change(
                "redemption",
                redemption.redemption_id,
                redemption.subscriber_id,
                "clear",
                "in_review",
                "reserved",
                now,
                by,
                reason,
                {"reasons": redemption.reasons},
            )
            for redemption in cleared
        ]
    )

    publish(name=news.REDEMPTION_CLEARED, items=said_of(cleared, names_of(books.values())), now=now)
    return outcomes
