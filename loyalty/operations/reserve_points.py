"""Reserve points for bill credits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from accounts.operations import IdentifierSeen, record_uses
from accounts.policy.identifiers import IdentifierDigest
from kernel.fingerprints import fingerprint
from kernel.moments import month_of
from kernel.owners import EVERYBODY, PROGRAM, Owners, is_owned
from kernel.refusals import IdReused
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_books
from loyalty.ledger.payouts import keep_changes
from loyalty.ledger.plan import Plan, write
from loyalty.models import Redemption
from loyalty.operations.daily_limits import count_use
from loyalty.operations.redemption_rows import (
    RedemptionOutcome,
    names_of,
    redemptions_by_id,
    said_of,
)
from loyalty.operations.screening import screened
from loyalty.policy.book import Book
from loyalty.policy.gate import SCREEN, Change, Screening, Subject
from loyalty.policy.limits import REDEMPTIONS, DailyLimit
from loyalty.policy.lots import Lot, open_lots, spendable_points
from loyalty.policy.redemptions import (
    RedemptionItem,
    give_back,
    refusal_for_redemption,
    reserve,
)
from loyalty.policy.standing import (
    UnknownSubscriber,
    refusal_by_status,
)
from loyalty.policy.terms import NumberedTerms
from loyalty.queries.redemptions import Card, RedemptionRecord
from loyalty.queries.terms import program_zone, terms_calendar
from outbox.operations import publish


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


@transaction.atomic
def reserve_points(
    *,
    requests: Sequence[RedemptionRequest],
    now: datetime,
    limit: DailyLimit | None = None,
    owner: str = PROGRAM,
    owners: Owners = EVERYBODY,
) -> list[RedemptionOutcome]:
    """Hold points for bill credits, until they are settled, released or lapse.

    Safe to repeat: an id that was used before with the same content is answered with the
    redemption as it is now. All are reserved, or none.

    Args:
        requests: at most 1,000, each under an id that the client made.
        now: the moment of the reservation, timezone-aware.
        limit: what the caller may reserve in a day, if that is limited. What was asked for
            before is not counted again, what was declined not at all, and what is given back
            later stays counted.
        owner: whose they become.
        owners: whose those may be that were reserved under these ids before.

    Raises:
        ClientLimitExceeded: together they exceed the limit.
        IdReused: an id was used before with other content, or by another owner.
        UnknownSubscriber, SubscriberClosed, SubscriberSuspended: who asks can't redeem.
        BelowMinimum, InsufficientPoints, RedemptionCapReached: the sum can't be redeemed.
        PhoneNotVerified, PaymentInstrumentMissing, PaymentInstrumentShared,
        IdentityNotVerified: what the program must know of the subscriber is missing.
    """
    books = lock_books([request.item.subscriber_id for request in requests], now=now)

    kept = redemptions_by_id([request.item.redemption_id for request in requests])
    reserving = reserving_for(requests, books, now, owner)

    outcomes = []
    for request in requests:
        before = kept.get(request.item.redemption_id)
        if before is not None and not _is_repeated(before, request, owners):
            raise IdReused
        redemption = before or reserving.decide(request)
        kept[redemption.redemption_id] = redemption
        outcomes.append(RedemptionOutcome(redemption, replayed=before is not None))
    # The screen knows what the request was seen with.
    record_uses(seen=reserving.seen)
    screenings = screened(reserving.subjects, now)
    for redemption, screening in zip(reserving.made, screenings, strict=True):
        reserving.follow(redemption, screening)

    _claim(reserving.made)
    write(reserving.plan, now=now)
    keep_changes(reserving.changes)
    held_minor = sum(made.value_minor for made in reserving.made if made.status != "declined")
    count_use(limit, use=REDEMPTIONS, amount_minor=held_minor, now=now)

    for name, status in _NEWS.items():
        made = [redemption for redemption in reserving.made if redemption.status == status]
        publish(name=name, items=said_of(made, names_of(books.values())), now=now)
    return outcomes


_NEWS = {news.RESERVED: "reserved", news.REDEMPTION_HELD: "in_review", news.DECLINED: "declined"}


@dataclass(slots=True)
class Reserving:
    """The books and lots of one call, moved on from redemption to redemption."""

    books: Mapping[str, Book]
    lots: Mapping[int, Sequence[Lot]]
    record: RedemptionRecord
    terms: NumberedTerms
    now: datetime
    owner: str
    plan: Plan = field(default_factory=Plan)
    made: list[Redemption] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
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
        self.seen.extend(IdentifierSeen(key, seen, now) for seen in request.identifiers())
        redemption = Redemption(
            redemption_id=item.redemption_id,
            owner=self.owner,
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
        self.subjects.append(
            Subject(
                "redemption",
                item.redemption_id,
                key,
                item.reward,
                redemption.value_minor,
                digests=tuple((seen.kind, seen.digest) for seen in request.identifiers()),
            )
        )
        return redemption

    def follow(self, redemption: Redemption, screening: Screening) -> None:
        """Let a redemption go on as the screen says; in review its points stay reserved."""
        if screening.outcome == "clear":
            return
        redemption.reasons = [reason.shown() for reason in screening.reasons]
        redemption.status = "declined" if screening.outcome == "refuse" else "in_review"
        if screening.outcome == "refuse":
            self._give_back(redemption)
        self.changes.append(
            Change(
                "redemption",
                redemption.redemption_id,
                redemption.subscriber_id,
                "decline" if screening.outcome == "refuse" else "hold",
                "requested",
                redemption.status,
                self.now,
                SCREEN,
                " ".join(reason.detail for reason in screening.reasons),
                {"reasons": redemption.reasons},
            )
        )

    def _give_back(self, redemption: Redemption) -> None:
        """Mirror the reservation: a declined redemption holds nothing."""
        key = redemption.subscriber_id
        book = self.plan.books[key]
        [entry] = [each for each in book.entries if each.number == redemption.reservation]
        draws = [draw for draw in self.plan.draws if draw[:2] == (key, entry.number)]
        touched = [lot for (owner, _), lot in self.plan.changed.items() if owner == key]
        paid = give_back(
            book, "release", [entry], draws, touched, terms_number=redemption.terms, now=self.now
        )
        self.plan.take(paid, touched)
        self.plan.month(key, redemption.month).points_redeemed -= redemption.points
        redemption.returned_at = book.posting_at(self.now)


def reserving_for(
    requests: Sequence[RedemptionRequest],
    books: Mapping[str, Book],
    now: datetime,
    owner: str = PROGRAM,
) -> Reserving:
    """Gather what decides over requests of an owner, under the locks of `books` or without any."""
    keys = [book.subscriber_id for book in books.values()]
    cards = [
        Card(
            books[request.item.subscriber_id].subscriber_id,
            request.payment_instrument.digest,
        )
        for request in requests
        if request.payment_instrument is not None and request.item.subscriber_id in books
    ]
    record = RedemptionRecord(keys, cards, month_of(now, program_zone()), now)
    return Reserving(books, facts.lots_of(keys), record, terms_calendar().at(now), now, owner)


def _is_repeated(before: Redemption, request: RedemptionRequest, owners: Owners) -> bool:
    return bytes(before.fingerprint) == request.meaning() and is_owned(before.owner, owners)


def _claim(redemptions: Sequence[Redemption]) -> None:
    """Insert redemptions; an id that another subscriber took in between is reused."""
    ordered = sorted(redemptions, key=lambda redemption: redemption.redemption_id)
    Redemption.objects.bulk_create(ordered, ignore_conflicts=True)
    wanted = {redemption.redemption_id: redemption.subscriber_id for redemption in ordered}
    for redemption_id, subscriber_id in Redemption.objects.filter(
        redemption_id__in=wanted
    ).values_list("redemption_id", "subscriber_id"):
        if wanted[redemption_id] != subscriber_id:
            raise IdReused
