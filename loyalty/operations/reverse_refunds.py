"""Reverse refunds: billing gave nothing back after all, such as a chargeback that was won."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from kernel.moments import day_of, lapse_at
from kernel.refusals import Refusal
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import lock_books
from loyalty.ledger.facts import KeptCharge, KeptRefund
from loyalty.ledger.plan import Plan, ReversalRow, write
from loyalty.operations.post_refunds import charged_points
from loyalty.operations.tier_evaluation import evaluated_before_change
from loyalty.operations.undoing import Takings, takings
from loyalty.policy.book import Book
from loyalty.policy.refunds import (
    APPLIED,
    REVERSED,
    WAITING,
    ChargedPoints,
    ReversedBeforeRefund,
    UnknownRefund,
)
from loyalty.policy.reversals import AppliedRefund, OwnLot, Undone, undo
from loyalty.policy.standing import refusal_for_fact
from loyalty.policy.terms import NumberedTerms
from loyalty.queries.terms import TermsCalendar, program_zone, terms_calendar
from outbox.operations import publish

Key = tuple[int, str]


class ReversalItem(NamedTuple):
    """A reversal as billing reports it.

    Attributes:
        occurred_at: None for now.
    """

    refund_id: str
    subscriber_id: str
    reason: str = ""
    occurred_at: datetime | None = None


class ReversalOutcome(NamedTuple):
    """What came back of one refund, or why it can't be reversed.

    Attributes:
        points_restored: to the lots that they came from.
        points_lapsed: had lapsed unspent when it was refunded, and stay lapsed.
        points_rounded: 1 where a point stays taken for points to be whole, -1 where one is added.
    """

    refund_id: str
    charge_id: str = ""
    points_restored: int = 0
    debt_cancelled: int = 0
    points_to_review: int = 0
    points_lapsed: int = 0
    points_rounded: int = 0
    replayed: bool = False
    refusal: Refusal | None = None


@transaction.atomic
def reverse_refunds(*, reversals: Sequence[ReversalItem], now: datetime) -> list[ReversalOutcome]:
    """Undo refunds, each once: points come back to where they were, and room and revenue with them.

    Safe to repeat: a refund that is reversed already is answered with what came back then. One
    that still waits for its charge will not be applied. A refused reversal leaves nothing behind
    and does not stop the others.

    Args:
        reversals: at most 10,000, of any subscribers, in any order.
        now: the moment of posting, timezone-aware.

    Returns:
        The outcomes in the order of the reversals; a refusal among them is UnknownRefund,
        OccurredInTheFuture or ReversedBeforeRefund.
    """
    books = lock_books([reversal.subscriber_id for reversal in reversals], now=now)

    asked = [
        (books[reversal.subscriber_id].subscriber_id, reversal.refund_id)
        for reversal in reversals
        if reversal.subscriber_id in books
    ]
    run = _gathered(books, facts.kept_refunds(asked), now)

    outcomes = [run.decide(books.get(reversal.subscriber_id), reversal) for reversal in reversals]

    if not run.plan.reversed:
        # Nothing is left behind, a wallet that was opened for an unknown refund neither.
        transaction.set_rollback(True)
        return outcomes
    write(run.plan, now=now)

    publish(name=news.REFUND_REVERSED, items=run.said, now=now)
    return outcomes


@dataclass(slots=True)
class _Run:
    """The books, refunds and charges of one call, moved on from reversal to reversal."""

    plan: Plan
    calendar: TermsCalendar
    now: datetime
    refunds: dict[Key, KeptRefund]
    charges: Mapping[Key, KeptCharge]
    standings: Mapping[Key, ChargedPoints]
    taken: Takings
    said: list[dict[str, object]] = field(default_factory=list)

    def decide(self, book: Book | None, reversal: ReversalItem) -> ReversalOutcome:
        """What becomes of one reversal."""
        refund = None
        if book is not None:
            refund = self.refunds.get((book.subscriber_id, reversal.refund_id))
        if book is None or refund is None:
            return ReversalOutcome(reversal.refund_id, refusal=UnknownRefund())
        if refund.status == REVERSED:
            return _outcome(refund)._replace(replayed=True)
        occurred_at = reversal.occurred_at or max(self.now, refund.occurred_at)
        refusal = refusal_for_fact(book, occurred_at, self.now)
        if refusal is None and occurred_at < refund.occurred_at:
            refusal = ReversedBeforeRefund()
        if refusal is not None:
            return ReversalOutcome(reversal.refund_id, refusal=refusal)

        return self._reverse(book, refund, reversal.reason, occurred_at)

    def _reverse(
        self, book: Book, refund: KeptRefund, reason: str, occurred_at: datetime
    ) -> ReversalOutcome:
        book.follow(refund.received_at)
        kept_from_review, kept_earned = 0, 0
        if refund.status == APPLIED:
            undone = self._undo(book, refund, occurred_at)
            kept_from_review, kept_earned = undone.kept_from_review, undone.kept_earned
            self.said.append(_said(book, refund))
        elif refund.status == WAITING:
            book.waiting_refunds -= 1
            self.plan.books[book.subscriber_id] = book
        self.plan.reversed.append(
            ReversalRow(
                subscriber_id=book.subscriber_id,
                refund_id=refund.refund_id,
                reversed_at=book.posting_at(self.now),
                reversal_occurred_at=occurred_at,
                reversal_reason=reason,
                kept_from_review=kept_from_review,
                kept_earned=kept_earned,
            )
        )
        done = refund._replace(
            status=REVERSED, kept_from_review=kept_from_review, kept_earned=kept_earned
        )
        self.refunds[book.subscriber_id, refund.refund_id] = done
        return _outcome(done)

    def _undo(self, book: Book, refund: KeptRefund, occurred_at: datetime) -> Undone:
        key = (book.subscriber_id, refund.charge_id)
        charge, plan = self.charges[key], self.plan
        terms = self.calendar.numbered(charge.terms)
        lots = self.taken.lots.setdefault(book.subscriber_id, [])
        book.follow(charge.posted_at)
        entries = self.taken.entries[book.subscriber_id, refund.refund_id]
        draws = self.taken.draws_of(entries)
        undone = undo(
            book,
            AppliedRefund(
                refund_id=refund.refund_id,
                amount_minor=refund.amount_minor,
                from_review=refund.points_from_review,
                from_declined=refund.points_from_declined,
                revoked=refund.points_revoked,
                lapsed=refund.points_lapsed,
                to_debt=refund.points_to_debt,
                entries=entries,
                draws=draws,
            ),
            self.standings[key],
            OwnLot(
                charge.occurred_at,
                lapse_at(
                    day_of(charge.occurred_at, program_zone()),
                    terms.lot_life_months,
                    program_zone(),
                ),
                charge.points_in_review,
            ),
            lots,
            self.taken.payments.get(book.subscriber_id, ()),
            terms=terms,
            terms_number=charge.terms,
            occurred_at=occurred_at,
            now=self.now,
        )
        plan.books[book.subscriber_id] = book
        plan.refunded[key] = self.standings[key]
        touched = {drawn.lot for drawn in (*draws, *undone.draws)}
        for lot in undone.opened:
            plan.opened[book.subscriber_id, lot.number] = lot
        lots += undone.opened
        plan.take(undone.draws, [lot for lot in lots if lot.number in touched])
        self.taken.returned(book.subscriber_id, _returned(book, undone))
        self._count(book, refund, charge, undone)
        return undone

    def _count(self, book: Book, refund: KeptRefund, charge: KeptCharge, undone: Undone) -> None:
        """Let the month, its room and what waits above its cap be as if nothing had been taken."""
        terms = self.calendar.numbered(charge.terms)
        earned = refund.points_revoked + refund.points_lapsed + refund.points_to_debt
        earned -= undone.kept_earned
        value_minor = earned * terms.point_value_minor
        book.benefit_life_minor += value_minor
        change = self.plan.month(book.subscriber_id, charge.month)
        change.revenue_minor += refund.amount_minor
        change.points_earned += earned
        change.benefit_minor += value_minor
        if undone.to_waiting:
            numbered = NumberedTerms(charge.terms, terms)
            self.plan.hold(book.subscriber_id, charge.month, undone.to_waiting, numbered)


def _gathered(books: Mapping[str, Book], refunds: dict[Key, KeptRefund], now: datetime) -> _Run:
    calendar = terms_calendar()
    applied = [refund for refund in refunds.values() if refund.status == APPLIED]
    charges = facts.kept_charges([(each.subscriber_id, each.charge_id) for each in applied])
    changed = {each.subscriber_id for each in applied}
    evaluation = evaluated_before_change(
        [book for book in books.values() if book.subscriber_id in changed], calendar, now
    )
    evaluation.write(now=now)
    causes = [(each.subscriber_id, "refund", each.refund_id) for each in applied]
    return _Run(
        plan=Plan(),
        calendar=calendar,
        now=now,
        refunds=refunds,
        charges=charges,
        standings=charged_points(charges, now),
        taken=takings(causes, calendar),
    )


def _returned(book: Book, undone: Undone) -> int:
    """Points of `debt_return` entries among the lots that were opened."""
    numbers = {lot.number for lot in undone.opened}
    return sum(
        entry.points
        for entry in book.entries
        if entry.kind == "debt_return" and entry.number in numbers
    )


def _outcome(refund: KeptRefund) -> ReversalOutcome:
    return ReversalOutcome(
        refund.refund_id,
        refund.charge_id,
        points_restored=refund.points_revoked,
        debt_cancelled=refund.points_to_debt,
        points_to_review=refund.points_from_review,
        points_lapsed=refund.points_lapsed,
        points_rounded=refund.kept_from_review + refund.kept_earned,
    )


def _said(book: Book, refund: KeptRefund) -> dict[str, object]:
    return {
        "subscriber_id": book.external_id,
        "refund_id": refund.refund_id,
        "charge_id": refund.charge_id,
        "reason": refund.reason,
        "points": refund.points_revoked + refund.points_to_debt,
        "debt_cancelled": refund.points_to_debt,
    }
