"""Post what billing gave back: refunds and chargebacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import transaction

from kernel.fingerprints import fingerprint
from kernel.moments import microseconds
from kernel.refusals import IdReused, Refusal
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_books
from loyalty.ledger.facts import KeptCharge, KeptRefund
from loyalty.ledger.plan import ChargeRow, Plan, RefundRow, write
from loyalty.operations.tier_evaluation import evaluated_before_change
from loyalty.policy.book import Book
from loyalty.policy.lots import Lot
from loyalty.policy.refunds import (
    NOTHING_TAKEN,
    ChargedPoints,
    RefundItem,
    TakenBack,
    above,
    fits,
    take_back,
)
from loyalty.policy.standing import UnknownSubscriber, refusal_for_fact
from loyalty.policy.terms import NumberedTerms
from loyalty.queries.terms import TermsCalendar, terms_calendar
from outbox.operations import publish

Key = tuple[int, str]


class RefundOutcome(NamedTuple):
    """What became of one refund: applied, waiting for its charge, or refused."""

    refund_id: str
    charge_id: str
    status: str = "waiting"
    points_from_review: int = 0
    points_revoked: int = 0
    points_lapsed: int = 0
    points_to_debt: int = 0
    replayed: bool = False
    refusal: Refusal | None = None


def meaning_of(item: RefundItem) -> bytes:
    """What a refund says, apart from its id."""
    return fingerprint(
        item.charge_id, item.amount_minor, item.reason, microseconds(item.occurred_at)
    )


@transaction.atomic
def post_refunds(*, refunds: Sequence[RefundItem], now: datetime) -> list[RefundOutcome]:
    """Keep refunds and take back exactly the points that the refunded amounts earned.

    Safe to repeat. A refund whose charge has not come waits for it. A refused refund leaves
    nothing behind and does not stop the others.

    Args:
        refunds: at most 10,000, of any subscribers, in any order.
        now: the moment of posting, timezone-aware.

    Returns:
        The outcomes in the order of the refunds; a refusal among them is UnknownSubscriber,
        OccurredInTheFuture, RefundAboveCharge or IdReused.
    """
    books = lock_books([refund.subscriber_id for refund in refunds], now=now)

    known = [
        (books[refund.subscriber_id].subscriber_id, refund)
        for refund in refunds
        if refund.subscriber_id in books
    ]
    kept = facts.kept_refunds([(key, refund.refund_id) for key, refund in known])
    charges = facts.kept_charges([(key, refund.charge_id) for key, refund in known])
    calendar = terms_calendar()
    refunded = {key for key, _ in charges}
    changed = [book for book in books.values() if book.subscriber_id in refunded]
    evaluation = evaluated_before_change(changed, calendar, now)
    posting = _Posting(
        Plan(),
        calendar,
        now,
        charges,
        charged_points(charges, now),
        _lots(charges),
        _lost_excesses(charges, now),
    )

    outcomes = []
    for refund in refunds:
        book = books.get(refund.subscriber_id)
        before = kept.get((book.subscriber_id, refund.refund_id)) if book is not None else None
        if before is not None:
            outcome = _repeated(before, refund)
        else:
            outcome, row = posting.decide(book, refund)
            if row is not None:
                kept[row.subscriber_id, row.refund_id] = _kept(row)
        outcomes.append(outcome)

    if not posting.plan.refunds:
        # Nothing is left behind, a wallet that was opened for a refused refund neither.
        transaction.set_rollback(True)
        return outcomes
    evaluation.write(now=now)
    write(posting.plan, now=now)

    publish(name=news.REFUNDED, items=_refunded(refunds, outcomes), now=now)
    return outcomes


def take_waiting_refunds_back(*, plan: Plan, calendar: TermsCalendar, now: datetime) -> None:
    """Apply the refunds that came before the charges of this plan.

    Billing's fact can't be refused any more: one that exceeds its charge is kept as rejected.
    """
    late = {
        (row.subscriber_id, row.charge_id): place
        for place, row in enumerate(plan.charges)
        if plan.books[row.subscriber_id].waiting_refunds
    }
    if not late:
        return
    waiting = facts.waiting_refunds(list(late))
    if not waiting:
        return
    charges = {key: _charge_of(plan.charges[late[key]]) for key in waiting}
    lots = facts.lots_of([key[0] for key in charges])
    for lot in plan.opened.values():
        lots.setdefault(lot.subscriber_id, []).append(lot)
    standings = {key: _standing(charge, 0, 0) for key, charge in charges.items()}
    # No verdict has been given about charges that come now.
    posting = _Posting(plan, calendar, now, charges, standings, lots, {})
    late_refunds = []
    # In the order in which they came, because none is applied before it was received.
    for kept in sorted(chain(*waiting.values()), key=attrgetter("received_at", "refund_id")):
        book = plan.books[kept.subscriber_id]
        refund = _refund_of(kept, book)
        plan.applied.append(posting.apply_late(book, refund, kept.received_at))
        late_refunds.append(refund)
    for key in waiting:
        # The row is not written yet: what its refunds changed goes in with it.
        standing = plan.refunded.pop(key, standings[key])
        plan.charges[late[key]] = plan.charges[late[key]]._replace(
            refunded_minor=standing.refunded_minor,
            points_waiting=standing.points_waiting,
        )
    outcomes = [_outcome(row) for row in plan.applied]
    publish(name=news.REFUNDED, items=_refunded(late_refunds, outcomes), now=now)


@dataclass(slots=True)
class _Posting:
    """The books, charges and lots of one call, moved on from refund to refund.

    Attributes:
        lost_excess: as `take_back` asks for it, by (subscriber, month).
    """

    plan: Plan
    calendar: TermsCalendar
    now: datetime
    charges: Mapping[Key, KeptCharge]
    standings: Mapping[Key, ChargedPoints]
    lots: Mapping[int, Sequence[Lot]]
    lost_excess: dict[tuple[int, date], int]

    def decide(
        self, book: Book | None, refund: RefundItem
    ) -> tuple[RefundOutcome, RefundRow | None]:
        """What becomes of a refund that nobody has posted, and the row that says so."""
        refusal = refusal_for_fact(book, refund.occurred_at, self.now)
        if book is None or refusal is not None:
            return _refused(refund, refusal or UnknownSubscriber()), None
        standing = self.standings.get((book.subscriber_id, refund.charge_id))
        taken, status = NOTHING_TAKEN, "waiting"
        if standing is None:
            book.waiting_refunds += 1
            self.plan.books[book.subscriber_id] = book
        elif not fits(standing, refund.amount_minor):
            return _refused(refund, above(standing)), None
        else:
            taken, status = self._take(book, refund), "applied"
        row = _row(book, refund, status, taken, self.now)
        self.plan.refunds.append(row)
        return _outcome(row), row

    def apply_late(self, book: Book, refund: RefundItem, received_at: datetime) -> RefundRow:
        """Apply a refund that waited for the charge that has come now."""
        book.waiting_refunds -= 1
        book.follow(received_at)
        standing = self.standings[book.subscriber_id, refund.charge_id]
        if not fits(standing, refund.amount_minor):
            return _row(book, refund, "rejected", NOTHING_TAKEN, self.now)
        return _row(book, refund, "applied", self._take(book, refund), self.now)

    def _take(self, book: Book, refund: RefundItem) -> TakenBack:
        key = (book.subscriber_id, refund.charge_id)
        charge, standing = self.charges[key], self.standings[key]
        book.follow(charge.posted_at)
        lots = self.lots.get(book.subscriber_id, ())
        terms = self.calendar.numbered(charge.terms)
        of_month = (book.subscriber_id, charge.month)
        taken = take_back(
            book,
            refund,
            standing,
            lots,
            lost_excess=self.lost_excess.get(of_month, 0),
            terms=terms,
            terms_number=charge.terms,
            now=self.now,
        )
        if taken.lapsed_excess:
            self.lost_excess[of_month] -= taken.lapsed_excess
        value_minor = taken.earned * terms.point_value_minor
        book.benefit_life_minor -= value_minor
        plan = self.plan
        plan.books[book.subscriber_id] = book
        plan.refunded[key] = standing
        drawn = {drawn.lot for drawn in taken.draws}
        plan.take(taken.draws, [lot for lot in lots if lot.number in drawn])
        change = plan.month(book.subscriber_id, charge.month)
        change.revenue_minor -= refund.amount_minor
        change.points_earned -= taken.earned
        change.benefit_minor -= value_minor
        if taken.from_waiting:
            plan.hold(
                book.subscriber_id,
                charge.month,
                -taken.from_waiting,
                NumberedTerms(charge.terms, terms),
            )
        return taken


def charged_points(charges: Mapping[Key, KeptCharge], now: datetime) -> dict[Key, ChargedPoints]:
    """Charges as they stand before the next refund, or before one is reversed."""
    given = [
        (charge.subscriber_id, charge.charge_id, charge.lot)
        for charge in charges.values()
        if charge.lot is not None or charge.points_cleared or charge.points_to_debt
    ]
    swept = facts.swept_points(given, now) if given else {}
    return {key: _standing(charge, *swept.get(key, (0, 0))) for key, charge in charges.items()}


def _standing(charge: KeptCharge, swept: int, absorbed: int) -> ChargedPoints:
    return ChargedPoints(
        charge.amount_minor,
        charge.kind,
        charge.tier,
        charge.refunded_minor,
        charge.points_waiting,
        charge.points_cleared,
        charge.points_declined,
        charge.lot,
        swept,
        absorbed,
    )


def _lost_excesses(charges: Mapping[Key, KeptCharge], now: datetime) -> dict[tuple[int, date], int]:
    months = {(c.subscriber_id, c.month) for c in charges.values() if c.points_cleared}
    return facts.lost_excesses(sorted(months), now) if months else {}


def _lots(charges: Mapping[Key, KeptCharge]) -> dict[int, list[Lot]]:
    if not charges:
        return {}
    own = [
        (charge.subscriber_id, charge.lot) for charge in charges.values() if charge.lot is not None
    ]
    return facts.lots_of(sorted({key[0] for key in charges}), own)


def _charge_of(row: ChargeRow) -> KeptCharge:
    # No verdict has been given about what was never written.
    known: dict[str, Any] = {name: getattr(row, name, 0) for name in KeptCharge._fields}
    return KeptCharge(**known)


def _refund_of(kept: KeptRefund, book: Book) -> RefundItem:
    return RefundItem(
        kept.refund_id,
        kept.charge_id,
        book.external_id,
        kept.amount_minor,
        kept.reason,
        kept.occurred_at,
    )


def _kept(row: RefundRow) -> KeptRefund:
    # Nobody can have reversed what comes now.
    known: dict[str, Any] = {name: getattr(row, name, 0) for name in KeptRefund._fields}
    return KeptRefund(**known)


def _row(book: Book, refund: RefundItem, status: str, taken: TakenBack, now: datetime) -> RefundRow:
    at = book.posting_at(now)
    return RefundRow(
        book.subscriber_id,
        refund.refund_id,
        refund.charge_id,
        refund.amount_minor,
        refund.reason,
        refund.occurred_at,
        meaning_of(refund),
        status,
        taken.from_review,
        taken.revoked,
        taken.lapsed,
        taken.to_debt,
        taken.from_declined,
        at,
        at if status == "applied" else None,
    )


def _refused(refund: RefundItem, refusal: Refusal) -> RefundOutcome:
    return RefundOutcome(refund.refund_id, refund.charge_id, refusal=refusal)


def _repeated(before: KeptRefund, refund: RefundItem) -> RefundOutcome:
    if before.fingerprint != meaning_of(refund):
        return _refused(refund, IdReused())
    return _outcome(before)._replace(replayed=True)


def _outcome(row: RefundRow | KeptRefund) -> RefundOutcome:
    return RefundOutcome(
        row.refund_id,
        row.charge_id,
        row.status,
        row.points_from_review,
        row.points_revoked,
        row.points_lapsed,
        row.points_to_debt,
    )


def _refunded(
    refunds: Sequence[RefundItem], outcomes: Sequence[RefundOutcome]
) -> list[dict[str, object]]:
    return [
        {
            "subscriber_id": refund.subscriber_id,
            "refund_id": refund.refund_id,
            "charge_id": refund.charge_id,
            "reason": refund.reason,
            "points": outcome.points_revoked + outcome.points_to_debt,
            "points_to_debt": outcome.points_to_debt,
        }
        for refund, outcome in zip(refunds, outcomes, strict=True)
        if outcome.status == "applied" and not outcome.replayed and outcome.refusal is None
    ]
