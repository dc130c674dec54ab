"""Request benefits, which wait for the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import transaction

from kernel.money import decimal_string
from kernel.refusals import Refusal
from loyalty import news
from loyalty.ledger.books import lock_books
from loyalty.ledger.payouts import add_payouts, keep_changes
from loyalty.operations.daily_limits import count_use
from loyalty.policy.book import Book
from loyalty.policy.gate import REQUESTED, Change
from loyalty.policy.limits import GOODWILL_CREDITS, DailyLimit
from loyalty.policy.payouts import HeldPayout
from loyalty.policy.standing import UnknownSubscriber
from loyalty.policy.terms import Terms
from loyalty.queries.terms import terms_calendar
from outbox.operations import publish


@dataclass(frozen=True, slots=True)
class PayoutRequest:
    """A benefit that somebody has earned.

    Attributes:
        subscriber_id: whose wallet it is paid to.
        kind: of the payout.
        cause_type, cause_id: what it is for; each cause earns a subscriber a kind once.
        value_minor: kopecks, which are paid in whole points.
        parts: monthly instalments.
        terms: the version of the terms that promises it.
        depends_on: whose staying earns it, if that isn't a matter of the beneficiary alone.
        maker: the person who asks for it, if one does: they count as the first of two.
        note: why that person asks for it; kept as the payout's first step.
    """

    subscriber_id: str
    kind: str
    cause_type: str
    cause_id: str
    value_minor: int
    terms: int
    parts: int = 1
    depends_on: str | None = None
    maker: str | None = None
    note: str = ""


class PayoutOutcome(NamedTuple):
    """What became of a request: requested now, or before."""

    payout_id: UUID | None
    replayed: bool = False
    refusal: Refusal | None = None


@transaction.atomic
def request_payouts(
    *, requests: Sequence[PayoutRequest], now: datetime, limit: DailyLimit | None = None
) -> list[PayoutOutcome]:
    """Let benefits wait for the gate; safe to repeat: a cause is requested once.

    Args:
        requests: at most 10,000.
        now: the moment of the request, timezone-aware.
        limit: what the person who asks may give away in a day, if that is limited.

    Returns:
        The outcomes in the order of the requests; a refusal among them is UnknownSubscriber.

    Raises:
        ClientLimitExceeded: what wasn't requested before exceeds the limit; nothing was written.
    """
    names = {request.subscriber_id for request in requests}
    others = {request.depends_on for request in requests if request.depends_on is not None}
    books = lock_books(names | others, now=now)

    calendar = terms_calendar()
    wanted, notes = [], {}
    for request in requests:
        book = books.get(request.subscriber_id)
        other = books.get(request.depends_on) if request.depends_on is not None else None
        if book is None or (other is None and request.depends_on is not None):
            continue
        payout = _payout(request, book, other, calendar.numbered(request.terms))
        wanted.append(payout)
        notes[payout.id] = request.note

    if not wanted:
        # Nothing is left behind, a wallet that was opened for a refused request neither.
        transaction.set_rollback(True)
        return [PayoutOutcome(None, refusal=UnknownSubscriber())] * len(requests)
    kept = add_payouts(wanted, requested_at=now)

    fresh = [payout for payout in wanted if kept[payout.cause] == payout.id]
    unsaid = {payout.id for payout in fresh}
    keep_changes([_asked(payout, notes[payout.id], now) for payout in fresh if payout.maker])
    asked_minor = sum(payout.value_minor for payout in fresh)
    count_use(limit, use=GOODWILL_CREDITS, amount_minor=asked_minor, now=now)

    by_key = {book.subscriber_id: book.external_id for book in books.values()}
    publish(
        name=news.PAYOUT_REQUESTED,
        items=[
            {
                "payout_id": str(payout.id),
                "subscriber_id": by_key[payout.subscriber_id],
                "kind": payout.kind,
                "value": decimal_string(payout.value_minor),
            }
            for payout in fresh
        ],
        now=now,
    )
    outcomes = []
    for request in requests:
        book = books.get(request.subscriber_id)
        payout_id = None
        if book is not None:
            cause = (book.subscriber_id, request.kind, request.cause_type, request.cause_id)
            payout_id = kept.get(cause)
        if payout_id is None:
            outcomes.append(PayoutOutcome(None, refusal=UnknownSubscriber()))
        else:
            outcomes.append(PayoutOutcome(payout_id, replayed=payout_id not in unsaid))
            unsaid.discard(payout_id)
    return outcomes


def _payout(request: PayoutRequest, book: Book, other: Book | None, terms: Terms) -> HeldPayout:
    points = request.value_minor // terms.point_value_minor
    return HeldPayout(
        id=uuid4(),
        subscriber_id=book.subscriber_id,
        kind=request.kind,
        status=REQUESTED,
        points=points,
        value_minor=points * terms.point_value_minor,
        cause_type=request.cause_type,
        cause_id=request.cause_id,
        month=None,
        terms=request.terms,
        parts=request.parts,
        depends_on_id=other.subscriber_id if other is not None else None,
        four_eyes_above_minor=terms.four_eyes_above_minor,
        maker=request.maker,
        checker=None,
        proposed_verdict="clear" if request.maker is not None else "",
        reasons=[],
        caps_waived=False,
        promise=None,
        decided_at=None,
        decided_by=None,
        requested_by=request.maker,
    )


def _asked(payout: HeldPayout, note: str, now: datetime) -> Change:
    """The first step of what a person asks for; a referral's own record says why it is due."""
    assert payout.maker is not None, "a person asks"
    return Change(
        "payout",
        str(payout.id),
        payout.subscriber_id,
        "request",
        "",
        payout.status,
        now,
        payout.maker,
        note,
        {"value_minor": payout.value_minor},
    )
