"""Settle reservations."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kernel.owners import EVERYBODY, Owners
from kernel.refusals import IdReused
from loyalty import news
from loyalty.ledger.plan import Plan, write
from loyalty.operations.redemption_rows import (
    RedemptionOutcome,
    lock_redemptions,
    names_of,
    said_of,
    save_redemptions,
)
from loyalty.policy.redemptions import (
    refusal_for_settlement,
    settle,
)
from loyalty.policy.standing import refusal_by_closing
from loyalty.queries.terms import terms_calendar
from outbox.operations import publish


@transaction.atomic
def settle_redemptions(
    *,
    redemption_ids: Sequence[str],
    credit_reference: str = "",
    now: datetime,
    owners: Owners = EVERYBODY,
) -> list[RedemptionOutcome]:
    """Turn reservations into spent points, after billing has applied the credit.

    Safe to repeat: a redemption that is settled already is returned as it is.

    Args:
        redemption_ids: made by the client; at most 1,000.
        credit_reference: billing's name for the credit, kept with the redemption.
        now: the moment of settlement, timezone-aware.
        owners: whose they may be.

    Raises:
        UnknownRedemption: the owners never had one with this id.
        ReservationLapsed: the hold ended before `now`.
        NotReserved: released, declined, reversed or in review.
        IdReused: settled before under another credit reference.
    """
    redemptions, books = lock_redemptions(redemption_ids, owners)

    calendar = terms_calendar()

    plan, settled, outcomes = Plan(), [], []
    for redemption in redemptions:
        if redemption.status == "settled":
            if credit_reference and redemption.credit_reference != credit_reference:
                raise IdReused("The redemption was settled under another credit reference.")
            outcomes.append(RedemptionOutcome(redemption, replayed=True))
            continue
        book = books[redemption.subscriber_id]
        refusal = refusal_by_closing(book) or refusal_for_settlement(
            redemption.status, redemption.expires_at, now
        )
        if refusal is not None:
            raise refusal
        entry = settle(
            book,
            redemption.redemption_id,
            redemption.points,
            terms_number=calendar.at(now).number,
            now=now,
        )
        plan.books[book.subscriber_id] = book
        redemption.status, redemption.settlement = "settled", entry.number
        redemption.settled_at, redemption.credit_reference = (
            entry.posted_at,
            credit_reference,
        )
        settled.append(redemption)
        outcomes.append(RedemptionOutcome(redemption))

    save_redemptions(settled)
    write(plan, now=now)

    publish(name=news.SETTLED, items=said_of(settled, names_of(books.values())), now=now)
    return outcomes
