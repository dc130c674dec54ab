"""Give points back: release and lapse of reservations, reversal of settlements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from kernel.owners import EVERYBODY, Owners
from kernel.refusals import Refusal
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_free_books_of
from loyalty.ledger.payouts import keep_changes
from loyalty.ledger.plan import Plan, write
from loyalty.models import Redemption
from loyalty.operations.redemption_rows import (
    RedemptionOutcome,
    declined,
    lock_redemptions,
    names_of,
    said_of,
    save_redemptions,
    taken_back,
)
from loyalty.policy.book import Book
from loyalty.policy.gate import (
    CLOCK,
    IN_REVIEW,
    REDEMPTION_STEPS,
    ReasonMissing,
    StepNotPossible,
)
from loyalty.policy.redemptions import (
    NotReserved,
    NotSettled,
    give_back,
)
from loyalty.queries.redemptions import due_reservations
from loyalty.queries.terms import terms_calendar
from outbox.operations import publish

REDEMPTIONS_PER_PAGE = 1000
_CLOSED = "The subscriber was closed."
_TAKEN_BACK = "The subscriber took it back before it was decided."


class _Return(NamedTuple):
    """A way back: from which statuses to which, by which kind of entry, under which news."""

    needs: tuple[str, ...]
    makes: str
    entry_kind: str
    news: str
    refusal: type[Refusal]


RELEASE = _Return(
    REDEMPTION_STEPS["release"].sources, "released", "release", news.RELEASED, NotReserved
)
LAPSE = _Return(("reserved",), "lapsed", "lapse", news.LAPSED, NotReserved)
REVERSAL = _Return(("settled",), "reversed", "reversal", news.REVERSED, NotSettled)
DECLINE = _Return(
    REDEMPTION_STEPS["decline"].sources, "declined", "release", news.DECLINED, StepNotPossible
)


def release_redemptions(
    *,
    redemption_ids: Sequence[str],
    reason: str = "",
    now: datetime,
    owners: Owners = EVERYBODY,
) -> list[RedemptionOutcome]:
    """Give held points back to the lots that they came from; safe to repeat.

    One in review is taken back by its subscriber, who waits for no verdict.

    Args:
        redemption_ids: made by the client; at most 1,000.
        reason: kept with the redemption.
        now: the moment of release, timezone-aware.
        owners: whose they may be.

    Raises:
        UnknownRedemption: the owners never had one with this id.
        NotReserved: settled, lapsed, declined or reversed.
    """
    return _return_points(redemption_ids, RELEASE, reason, now, owners=owners)


def reverse_redemptions(
    *,
    redemption_ids: Sequence[str],
    reason: str = "",
    now: datetime,
    owners: Owners = EVERYBODY,
) -> list[RedemptionOutcome]:
    """Take settlements back: the points return to the lots that they came from.

    Safe to repeat: a redemption that is reversed already is returned as it is.

    Args:
        redemption_ids: made by the client; at most 1,000.
        reason: kept with the redemption.
        now: the moment of reversal, timezone-aware.
        owners: whose they may be.

    Raises:
        UnknownRedemption: the owners never had one with this id.
        NotSettled: there is no settlement to take back.
    """
    return _return_points(redemption_ids, REVERSAL, reason, now, owners=owners)


def decline_redemptions(
    *, redemption_ids: Sequence[str], reason: str, by: str, now: datetime
) -> list[RedemptionOutcome]:
    """Decline redemptions in review: what they hold goes back to its lots. Safe to repeat.

    Args:
        redemption_ids: made by the client; at most 1,000.
        reason: kept with the step.
        by: who decided it.
        now: the moment of the verdict, timezone-aware.

    Raises:
        UnknownRedemption: an id was never seen.
        ReasonMissing: nobody would know why.
        StepNotPossible: one is not in review.
    """
    if not reason.strip():
        raise ReasonMissing
    return _return_points(redemption_ids, DECLINE, reason, now, by=by)


def lapse_reservations(*, now: datetime) -> int:
    """Let overdue reservations lapse and release those of closed subscribers, a commit per page.

    Safe to repeat, to kill and to run in two places: a page claims wallets that nobody holds,
    and what is held is left to the next run.

    Returns:
        How many redemptions gave their points back.
    """
    returned, after = 0, 0
    while page := due_reservations(now=now, after=after, limit=REDEMPTIONS_PER_PAGE):
        after = page[-1].pk
        returned += _lapse_page([redemption.pk for redemption in page], now)
    return returned


@transaction.atomic
def _lapse_page(keys: Sequence[int], now: datetime) -> int:
    due = Redemption.objects.filter(pk__in=keys, status__in=("reserved", "in_review"))
    holders = sorted(set(due.values_list("subscriber_id", flat=True)))
    books = lock_free_books_of(holders)

    redemptions = list(due.filter(subscriber_id__in=books).order_by("pk"))
    reserved = [each for each in redemptions if each.status == "reserved"]
    lapsed = [each for each in reserved if each.expires_at <= now]
    # Nobody's points wait for a verdict once they have left.
    gone = [each for each in redemptions if books[each.subscriber_id].closed_at is not None]
    closed = [each for each in gone if each in reserved and each.expires_at > now]
    undecided = [each for each in gone if each.status == "in_review"]

    _give_back(lapsed, books, LAPSE, "", now)
    _give_back(closed, books, RELEASE, _CLOSED, now)
    _give_back(undecided, books, DECLINE, _CLOSED, now)
    keep_changes([declined(each, _CLOSED, CLOCK, now) for each in undecided])
    return len(lapsed) + len(closed) + len(undecided)


@transaction.atomic
def _return_points(
    redemption_ids: Sequence[str],
    way: _Return,
    reason: str,
    now: datetime,
    *,
    by: str = "",
    owners: Owners = EVERYBODY,
) -> list[RedemptionOutcome]:
    redemptions, books = lock_redemptions(redemption_ids, owners)

    returning, outcomes = [], []
    for redemption in redemptions:
        if redemption.status not in (*way.needs, way.makes):
            raise way.refusal(f"The redemption is {redemption.status}.")
        replayed = redemption.status == way.makes
        outcomes.append(RedemptionOutcome(redemption, replayed=replayed))
        if not replayed:
            returning.append(redemption)

    undecided = [each for each in returning if each.status == IN_REVIEW]
    _give_back(returning, books, way, reason, now)
    if way is DECLINE:
        keep_changes([declined(each, reason, by, now) for each in undecided])
    elif way is RELEASE:
        keep_changes([taken_back(each, reason or _TAKEN_BACK, now) for each in undecided])
    return outcomes


def _give_back(
    redemptions: Sequence[Redemption],
    books: Mapping[int, Book],
    way: _Return,
    reason: str,
    now: datetime,
) -> None:
    """Under the locks of the books: mirror entries, restore lots and the room of the month."""
    if not redemptions:
        return
    keys = [(redemption.subscriber_id, redemption.reservation) for redemption in redemptions]
    settlements = [
        (redemption.subscriber_id, redemption.settlement)
        for redemption in redemptions
        if redemption.settlement is not None
    ]
    entries = facts.entries_numbered(keys + settlements)
    draws = facts.draws_of(keys)
    lots = facts.lots_of(
        sorted({key[0] for key in keys}),
        [(drawn.subscriber_id, drawn.lot) for taken in draws.values() for drawn in taken],
    )
    number = terms_calendar().at(now).number

    plan = Plan()
    for redemption in redemptions:
        book = books[redemption.subscriber_id]
        key = (book.subscriber_id, redemption.reservation)
        originals = [entries[key]]
        if redemption.settlement is not None:
            originals.insert(0, entries[book.subscriber_id, redemption.settlement])
        own = lots[book.subscriber_id]
        paid = give_back(
            book,
            way.entry_kind,
            originals,
            draws[key],
            own,
            terms_number=number,
            now=now,
        )
        plan.books[book.subscriber_id] = book
        restored = {drawn.lot for drawn in draws[key]}
        plan.take(paid, [lot for lot in own if lot.number in restored])
        plan.month(book.subscriber_id, redemption.month).points_redeemed -= redemption.points
        redemption.status, redemption.closing_reason = way.makes, reason
        redemption.returned_at = book.posting_at(now)

    save_redemptions(redemptions)
    write(plan, now=now)

    publish(name=way.news, items=said_of(redemptions, names_of(books.values())), now=now)
