"""Refunds: points of a charge and its refunds are the rule applied to the net amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kernel.refusals import Refusal
from loyalty.policy.book import AVAILABLE, DEBT, REVOKED, Book, Cause
from loyalty.policy.lots import Draw, Lot, draw, draw_plan, open_lots
from loyalty.policy.terms import Terms

REFUND_REASONS = ("refund", "chargeback")
REFUND_STATUSES = ("applied", "waiting", "rejected")


class RefundAboveCharge(Refusal):
    code = "refund_above_charge"
    title = "The refunds of a charge can't exceed it."


class RefundItem(NamedTuple):
    """A refund as billing reports it; money in kopecks, the instant aware and in UTC."""

    refund_id: str
    charge_id: str
    subscriber_id: str
    amount_minor: int
    reason: str
    occurred_at: datetime


@dataclass(slots=True)
class ChargedPoints:
    """A charge as it stands before the next refund."""

    amount_minor: int
    kind: str
    tier: str
    refunded_minor: int
    points_waiting: int
    lot: int | None
    # What its lot lost unspent (swept or revoked), and how much of that earlier refunds used.
    points_swept: int
    points_absorbed: int


class TakenBack(NamedTuple):
    """Where the points of a refunded amount were."""

    from_review: int
    revoked: int
    lapsed: int
    to_debt: int
    draws: list[Draw]

    @property
    def earned(self) -> int:
        """Points that the month earned and earned no longer."""
        return self.revoked + self.lapsed + self.to_debt


NOTHING_TAKEN = TakenBack(0, 0, 0, 0, [])


def fits(charge: ChargedPoints, amount_minor: int) -> bool:
    """Whether this much of a charge has not been refunded yet."""
    return amount_minor <= charge.amount_minor - charge.refunded_minor


def points_of_refund(charge: ChargedPoints, amount_minor: int, terms: Terms) -> int:
    """Points that go with the next `amount_minor`: a difference of the rule on net amounts.

    Since each refund takes the difference between the net before and after it, any split of
    a sum takes the same points in all.
    """
    net_before = charge.amount_minor - charge.refunded_minor
    net_after = net_before - amount_minor
    return terms.points_for(net_before, charge.kind, charge.tier) - terms.points_for(
        net_after, charge.kind, charge.tier
    )


def take_back(
    book: Book,
    refund: RefundItem,
    charge: ChargedPoints,
    lots: Sequence[Lot],
    *,
    terms: Terms,
    terms_number: int,
    now: datetime,
) -> TakenBack:
    """Write a refund into the book and move the charge on.

    First what still waits above the cap, then the charge's own lot, then the lots that lapse
    first, and the rest becomes debt. What of the charge lapsed unspent was its own lot's and
    is not taken a second time.

    Args:
        lots: all of the wallet's lots with points left, and the charge's own.
    """
    assert fits(charge, refund.amount_minor), "a refund above the charge is refused before"
    points = points_of_refund(charge, refund.amount_minor, terms)
    from_review = min(charge.points_waiting, points)
    earned = points - from_review

    own = next((lot for lot in lots if lot.number == charge.lot), None)
    own_is_open = own is not None and not own.has_lapsed(now)
    unswept = own.remaining if own is not None and not own_is_open else 0
    first = [own] if own is not None and own_is_open else []
    plan = draw_plan(first, earned)
    rest = earned - sum(drawn for _, drawn in plan)
    lapsed = min(rest, charge.points_swept + unswept - charge.points_absorbed)
    others = [lot for lot in open_lots(lots, now) if lot is not own]
    plan += draw_plan(others, rest - lapsed)
    revoked = sum(drawn for _, drawn in plan)
    to_debt = earned - lapsed - revoked

    cause = Cause("refund", refund.refund_id)
    draws: list[Draw] = []
    if revoked:
        entry = book.move(
            refund.reason,
            AVAILABLE,
            REVOKED,
            revoked,
            cause=cause,
            occurred_at=refund.occurred_at,
            now=now,
            terms=terms_number,
        )
        draws = draw(plan, entry.number)
    if to_debt:
        book.move(
            refund.reason,
            DEBT,
            REVOKED,
            to_debt,
            cause=cause,
            occurred_at=refund.occurred_at,
            now=now,
            terms=terms_number,
        )
    charge.refunded_minor += refund.amount_minor
    charge.points_waiting -= from_review
    charge.points_absorbed += lapsed
    return TakenBack(from_review, revoked, lapsed, to_debt, draws)
