"""Redemptions: reserve points, settle or release them, take a settlement back, let holds lapse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from accounts.operations import IdentifierSeen, record_uses
from accounts.policy.identifiers import IdentifierDigest
from kernel.fingerprints import fingerprint
from kernel.moments import month_of
from kernel.money import decimal_string
from kernel.refusals import IdReused, Refusal
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_books, lock_books_of, lock_free_books_of
from loyalty.ledger.plan import Plan, write
from loyalty.models import Redemption
from loyalty.policy.book import Book
from loyalty.policy.lots import Lot, open_lots, spendable_points
from loyalty.policy.redemptions import (
    NotReserved,
    NotSettled,
    RedemptionItem,
    UnknownRedemption,
    give_back,
    refusal_for_redemption,
    refusal_for_settlement,
    reserve,
    settle,
)
from loyalty.policy.standing import (
    UnknownSubscriber,
    refusal_by_closing,
    refusal_by_status,
)
from loyalty.queries.redemptions import Card, RedemptionRecord
from loyalty.queries.terms import NumberedTerms, program_zone, terms_calendar
from outbox.operations import publish

LAPSE_PAGE = 500


@dataclass(frozen=True, slots=True)
class RedemptionRequest:
    """A redemption and what its request was seen with; identifiers as digests."""

    item: RedemptionItem
    payment_instrument: IdentifierDigest | None = None
    device: IdentifierDigest | None = None
    ip: IdentifierDigest | None = None

    def identifiers(self) -> list[IdentifierDigest]:
        seen = (self.payment_instrument, self.device, self.ip)
        return [identifier for identifier in seen if identifier is not None]

    def meaning(self) -> bytes:
        """What the request says, apart from its id."""
        item = self.item
        digests = [
            identifier.digest if identifier is not None else None
            for identifier in (self.payment_instrument, self.device, self.ip)
        ]
        return fingerprint(item.subscriber_id, item.points, item.reward, *digests)


class RedemptionOutcome(NamedTuple):
    """A redemption as it is now, and whether this very step had been done before."""

    redemption: Redemption
    replayed: bool = False


@transaction.atomic
def reserve_points(
    *, requests: Sequence[RedemptionRequest], now: datetime
) -> list[RedemptionOutcome]:
    """Hold points for bill credits, until they are settled, released or lapse.

    Safe to repeat: an id that was used before with the same content is answered with the
    redemption as it is now. All are reserved, or none.

    Args:
        requests: at most 1,000, each under an id that the client made.
        now: the moment of the reservation, timezone-aware.

    Raises:
        IdReused: an id was used before with other content.
        UnknownSubscriber, SubscriberClosed, SubscriberSuspended: who asks can't redeem.
        BelowMinimum, InsufficientPoints, RedemptionCapReached: the sum can't be redeemed.
        PhoneNotVerified, PaymentInstrumentMissing, PaymentInstrumentShared,
        IdentityNotVerified: what the program must know of the subscriber is missing.
    """
    books = lock_books([request.item.subscriber_id for request in requests], now=now)

    kept = _by_id([request.item.redemption_id for request in requests])
    reserving = _reserving(requests, books, now)

    outcomes = []
    for request in requests:
        before = kept.get(request.item.redemption_id)
        if before is not None and bytes(before.fingerprint) != request.meaning():
            raise IdReused
        redemption = before or reserving.decide(request)
        kept[redemption.redemption_id] = redemption
        outcomes.append(RedemptionOutcome(redemption, replayed=before is not None))

    record_uses(seen=reserving.seen)
    _claim(reserving.made)
    write(reserving.plan, now=now)

    publish(name=news.RESERVED, items=_said(reserving.made), now=now)
    return outcomes


@transaction.atomic
def settle_redemptions(
    *, redemption_ids: Sequence[str], credit_reference: str = "", now: datetime
) -> list[RedemptionOutcome]:
    """Turn reservations into spent points, after billing has applied the credit.

    Safe to repeat: a redemption that is settled already is returned as it is.

    Args:
        redemption_ids: made by the client; at most 1,000.
        credit_reference: billing's name for the credit, kept with the redemption.
        now: the moment of settlement, timezone-aware.

    Raises:
        UnknownRedemption: an id was never seen.
        ReservationLapsed: the hold ended before `now`.
        NotReserved: released, declined, reversed or in review.
        IdReused: settled before under another credit reference.
    """
    redemptions, books = _lock(redemption_ids)

    calendar = terms_calendar()

    plan, settled, outcomes = Plan(), [], []
    for redemption in redemptions:
        if redemption.status == "settled":
            if credit_reference and redemption.credit_reference != credit_reference:
                raise IdReused(
                    "The redemption was settled under another credit reference."
                )
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

    _save(settled)
    write(plan, now=now)

    publish(name=news.SETTLED, items=_said(settled), now=now)
    return outcomes


def release_redemptions(
    *, redemption_ids: Sequence[str], reason: str = "", now: datetime
) -> list[RedemptionOutcome]:
    """Give held points back to the lots that they came from; safe to repeat.

    Args:
        redemption_ids: made by the client; at most 1,000.
        reason: kept with the redemption.
        now: the moment of release, timezone-aware.

    Raises:
        UnknownRedemption: an id was never seen.
        NotReserved: settled, lapsed, declined or reversed.
    """
    return _return_points(redemption_ids, RELEASE, reason, now)


def reverse_redemptions(
    *, redemption_ids: Sequence[str], reason: str = "", now: datetime
) -> list[RedemptionOutcome]:
    """Take settlements back: the points return to the lots that they came from.

    Safe to repeat: a redemption that is reversed already is returned as it is.

    Args:
        redemption_ids: made by the client; at most 1,000.
        reason: kept with the redemption.
        now: the moment of reversal, timezone-aware.

    Raises:
        UnknownRedemption: an id was never seen.
        NotSettled: there is no settlement to take back.
    """
    return _return_points(redemption_ids, REVERSAL, reason, now)


@transaction.atomic
def lapse_reservations_page(*, now: datetime, limit: int = LAPSE_PAGE) -> int:
    """Let one page of overdue reservations lapse, and release those of closed subscribers.

    Safe to run twice or in two places: wallets that somebody else holds are left to the next
    page, and a redemption that is not reserved any more is not looked at.

    Returns:
        How many redemptions gave their points back.
    """
    due = Redemption.objects.filter(status="reserved").filter(
        Q(expires_at__lte=now) | Q(subscriber__closed_at__lte=now)
    )
    keys = list(
        due.order_by("expires_at").values_list("subscriber_id", flat=True)[:limit]
    )
    books = lock_free_books_of(sorted(set(keys)))

    redemptions = list(due.filter(subscriber_id__in=books).order_by("id")[:limit])
    lapsed = [redemption for redemption in redemptions if redemption.expires_at <= now]
    closed = [redemption for redemption in redemptions if redemption.expires_at > now]

    _give_back(lapsed, books, LAPSE, "", now)
    _give_back(closed, books, RELEASE, "The subscriber was closed.", now)
    return len(redemptions)


class _Return(NamedTuple):
    """A way back: from which status to which, by which kind of entry, under which news."""

    needs: str
    makes: str
    entry_kind: str
    news: str
    refusal: type[Refusal]


RELEASE = _Return("reserved", "released", "release", news.RELEASED, NotReserved)
LAPSE = _Return("reserved", "lapsed", "lapse", news.LAPSED, NotReserved)
REVERSAL = _Return("settled", "reversed", "reversal", news.REVERSED, NotSettled)


@transaction.atomic
def _return_points(
    redemption_ids: Sequence[str], way: _Return, reason: str, now: datetime
) -> list[RedemptionOutcome]:
    redemptions, books = _lock(redemption_ids)

    returning, outcomes = [], []
    for redemption in redemptions:
        if redemption.status not in (way.needs, way.makes):
            raise way.refusal(f"The redemption is {redemption.status}.")
        replayed = redemption.status == way.makes
        outcomes.append(RedemptionOutcome(redemption, replayed=replayed))
        if not replayed:
            returning.append(redemption)

    _give_back(returning, books, way, reason, now)
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
    keys = [
        (redemption.subscriber_id, redemption.reservation) for redemption in redemptions
    ]
    settlements = [
        (redemption.subscriber_id, redemption.settlement)
        for redemption in redemptions
        if redemption.settlement is not None
    ]
    entries = facts.entries_numbered(keys + settlements)
    draws = facts.draws_of(keys)
    lots = facts.lots_of(
        sorted({key[0] for key in keys}),
        [
            (drawn.subscriber_id, drawn.lot)
            for taken in draws.values()
            for drawn in taken
        ],
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
        plan.month(
            book.subscriber_id, redemption.month
        ).points_redeemed -= redemption.points
        redemption.status, redemption.closing_reason = way.makes, reason
        redemption.returned_at = book.posting_at(now)

    _save(redemptions)
    write(plan, now=now)

    publish(name=way.news, items=_said(redemptions), now=now)


@dataclass(slots=True)
class _Reserving:
    """The books and lots of one call, moved on from redemption to redemption."""

    books: Mapping[str, Book]
    lots: Mapping[int, Sequence[Lot]]
    record: RedemptionRecord
    terms: NumberedTerms
    now: datetime
    plan: Plan = field(default_factory=Plan)
    made: list[Redemption] = field(default_factory=list)
    seen: list[IdentifierSeen] = field(default_factory=list)

    def decide(self, request: RedemptionRequest) -> Redemption:
        """Reserve for one request, or refuse by raising."""
        item, now = request.item, self.now
        number, terms = self.terms
        book = self.books.get(item.subscriber_id)
        refusal = refusal_by_status(book)
        if book is None or refusal is not None:
            raise refusal or UnknownSubscriber()
        key = book.subscriber_id
        lots = open_lots(self.lots.get(key, ()), now)
        card = request.payment_instrument
        earlier = [made for made in self.made if made.subscriber_id == key]
        known = self.record.facts(
            key,
            spendable_points=spendable_points(lots, now),
            card=card.digest if card is not None else None,
            more_points=sum(made.points for made in earlier),
            more_value_minor=sum(made.value_minor for made in earlier),
        )
        refusal = refusal_for_redemption(item.points, known, terms)
        if refusal is not None:
            raise refusal
        entry, draws = reserve(book, item, lots, terms_number=number, now=now)

        month = month_of(now, program_zone())
        drawn = {draw.lot for draw in draws}
        self.plan.books[key] = book
        self.plan.take(draws, [lot for lot in lots if lot.number in drawn])
        self.plan.month(key, month).points_redeemed += item.points
        self.seen.extend(
            IdentifierSeen(key, seen, now) for seen in request.identifiers()
        )
        redemption = Redemption(
            redemption_id=item.redemption_id,
            subscriber_id=key,
            status="reserved",
            points=item.points,
            value_minor=item.points * terms.point_value_minor,
            reward=item.reward,
            month=month,
            terms=number,
            fingerprint=request.meaning(),
            reservation=entry.number,
            reserved_at=entry.posted_at,
            expires_at=now + timedelta(hours=terms.redemption.reservation_hours),
        )
        self.made.append(redemption)
        return redemption


def _reserving(
    requests: Sequence[RedemptionRequest], books: Mapping[str, Book], now: datetime
) -> _Reserving:
    keys = [book.subscriber_id for book in books.values()]
    cards = [
        Card(
            books[request.item.subscriber_id].subscriber_id,
            request.payment_instrument.digest,
        )
        for request in requests
        if request.payment_instrument is not None
        and request.item.subscriber_id in books
    ]
    record = RedemptionRecord(keys, cards, month_of(now, program_zone()))
    return _Reserving(books, facts.lots_of(keys), record, terms_calendar().at(now), now)


def _by_id(redemption_ids: Sequence[str]) -> dict[str, Redemption]:
    found = Redemption.objects.select_related("subscriber").filter(
        redemption_id__in=set(redemption_ids)
    )
    return {redemption.redemption_id: redemption for redemption in found}


def _lock(redemption_ids: Sequence[str]) -> tuple[list[Redemption], dict[int, Book]]:
    """The redemptions as they are under the locks of their wallets, in the order asked for."""
    found = _by_id(redemption_ids)
    missing = [each for each in redemption_ids if each not in found]
    if missing:
        raise UnknownRedemption(f"There is no redemption {missing[0]}.")
    books = lock_books_of(
        sorted({redemption.subscriber_id for redemption in found.values()})
    )
    current = _by_id(redemption_ids)
    return [current[each] for each in dict.fromkeys(redemption_ids)], books


def _claim(redemptions: Sequence[Redemption]) -> None:
    """Insert redemptions; an id that another subscriber took in between is reused."""
    ordered = sorted(redemptions, key=lambda redemption: redemption.redemption_id)
    Redemption.objects.bulk_create(ordered, ignore_conflicts=True)
    wanted = {
        redemption.redemption_id: redemption.subscriber_id for redemption in ordered
    }
    for redemption_id, subscriber_id in Redemption.objects.filter(
        redemption_id__in=wanted
    ).values_list("redemption_id", "subscriber_id"):
        if wanted[redemption_id] != subscriber_id:
            raise IdReused


def _save(redemptions: Sequence[Redemption]) -> None:
    Redemption.objects.bulk_update(
        redemptions,
        [
            "status",
            "settlement",
            "settled_at",
            "credit_reference",
            "closing_reason",
            "returned_at",
        ],
    )


def _said(redemptions: Sequence[Redemption]) -> list[dict[str, object]]:
    return [
        {
            "redemption_id": redemption.redemption_id,
            "subscriber_id": redemption.subscriber.external_id,
            "points": redemption.points,
            "value": decimal_string(redemption.value_minor),
            "status": redemption.status,
        }
        for redemption in redemptions
    ]
