"""Reversed refunds: a charge stands again as if the refund had not been."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from loyalty.policy.book import AVAILABLE, DEBT, ISSUED, Book, Cause, Entry
from loyalty.policy.lots import Draw, Lot
from loyalty.policy.refunds import ChargedPoints, points_of_refund
from loyalty.policy.taking import DebtPayment, give_back, take_points
from loyalty.policy.terms import Terms


@dataclass(frozen=True, slots=True)
class AppliedRefund:
    """A refund that took points: how many from where, and the entries that took them."""

    refund_id: str
    amount_minor: int
    from_review: int
    from_declined: int
    revoked: int
    lapsed: int
    to_debt: int
    entries: Sequence[Entry]
    draws: Sequence[Draw]

    @property
    def earned(self) -> int:
        return self.revoked + self.lapsed + self.to_debt


@dataclass(frozen=True, slots=True)
class OwnLot:
    """What a lot of the charge's points follows, and how many were ever sent to review."""

    occurred_at: datetime
    expires_at: datetime
    points_in_review: int


class Undone(NamedTuple):
    """What came back beside the entries of the refund.

    Attributes:
        to_waiting: points that wait above the cap again.
        kept_from_review, kept_earned: 1 where a point stays taken, -1 where one more is given.
        draws: what paid debt, or stays taken.
        opened: lots of what had paid debt, or of the point more.
    """

    to_waiting: int
    kept_from_review: int
    kept_earned: int
    draws: list[Draw]
    opened: list[Lot]


def undo(
    book: Book,
    refund: AppliedRefund,
    charge: ChargedPoints,
    own: OwnLot,
    lots: Sequence[Lot],
    payments: Sequence[DebtPayment],
    *,
    terms: Terms,
    terms_number: int,
    occurred_at: datetime,
    now: datetime,
) -> Undone:
    """Write the reversal of a refund into the book and move the charge back.

    Its entries are mirrored, so that points come back to where they were: to their lots, to what
    was declined or waits above the cap; debt that it made is cancelled. What had lapsed unspent
    stays lapsed, and can be counted by another refund again. Points are whole: where the rule on
    the net amount makes one less or one more than what came back, one stays taken or is added.

    Args:
        lots: all of the wallet's with points left, and those that the refund drew from.
        payments: what has paid debt, as `give_back` asks for it.
    """
    given = give_back(
        book,
        refund.entries,
        refund.draws,
        lots,
        payments,
        occurred_at=occurred_at,
        now=now,
        terms=terms_number,
    )
    waiting_before = charge.points_waiting
    charge.refunded_minor -= refund.amount_minor
    charge.points_declined += refund.from_declined
    charge.points_waiting += refund.from_review - refund.from_declined
    charge.points_absorbed -= refund.lapsed
    off = refund.from_review + refund.earned - points_of_refund(charge, refund.amount_minor, terms)
    assert -1 <= off <= 1, "two ways of rounding one number differ by one"

    kept_from_review = _keep_from_review(charge, own, off)
    kept_earned = off - kept_from_review
    draws, opened = list(given.draws), list(given.opened)
    cause = Cause("refund", refund.refund_id)
    if kept_earned > 0:
        taken = take_points(
            book,
            "rounding",
            1,
            [*lots, *opened],
            own=None,
            swept=0,
            cause=cause,
            occurred_at=occurred_at,
            now=now,
            terms=terms_number,
        )
        draws += taken.draws
    elif kept_earned < 0:
        entry = book.move(
            "rounding",
            ISSUED,
            DEBT if book.debt else AVAILABLE,
            1,
            cause=cause,
            occurred_at=own.occurred_at,
            now=now,
            terms=terms_number,
        )
        if entry.destination == AVAILABLE:
            opened.append(Lot(book.subscriber_id, entry.number, 1, 1, own.expires_at))
    return Undone(
        charge.points_waiting - waiting_before, kept_from_review, kept_earned, draws, opened
    )


def _keep_from_review(charge: ChargedPoints, own: OwnLot, off: int) -> int:
    """How much of the odd point concerns what exceeded the cap, in the order of a refund."""
    if off > 0 and charge.points_declined:
        charge.points_declined -= 1
        return 1
    if off > 0 and charge.points_waiting:
        charge.points_waiting -= 1
        return 1
    in_review = charge.points_waiting + charge.points_cleared + charge.points_declined
    if off < 0 and in_review < own.points_in_review:
        charge.points_waiting += 1
        return -1
    return 0
