"""Refunds: points of a charge and its refunds are the rule applied to the net amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kernel.money import decimal_string
from kernel.refusals import NotFound, Refusal
from loyalty.policy.book import Book, Cause
from loyalty.policy.lots import Draw, Lot
from loyalty.policy.taking import take_points
from loyalty.policy.terms import Terms

REFUND_REASONS = ("refund", "chargeback")
APPLIED, WAITING, REJECTED, REVERSED = "applied", "waiting", "rejected", "reversed"
REFUND_STATUSES = (APPLIED, WAITING, REJECTED, REVERSED)


class RefundAboveCharge(Refusal):
    code = "refund_above_charge"
    title = "The refunds of a charge can't exceed it."


class UnknownRefund(NotFound):
    code = "unknown_refund"
    title = "The subscriber has no refund with this id."


class ReversedBeforeRefund(Refusal):
    code = "reversed_before_refund"
    title = "A refund can't be reversed before it occurred."


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
    points_cleared: int
    points_declined: int
    lot: int | None
    # What its lot lost unspent (swept or revoked), and how much of that earlier refunds used.
    points_swept: int
    points_absorbed: int


class TakenBack(NamedTuple):
    """Where the points of a refunded amount were."""

    from_declined: int
    from_waiting: int
    revoked: int
    lapsed: int
    to_debt: int
    # What of the lapsed was excess of the month, given by a verdict.
    lapsed_excess: int
    draws: list[Draw]

    @property
    def from_review(self) -> int:
        """Points that exceeded the cap and were never given."""
        return self.from_declined + self.from_waiting

    @property
    def earned(self) -> int:
        """Points that the month earned and earned no longer."""
        return self.revoked + self.lapsed + self.to_debt


NOTHING_TAKEN = TakenBack(0, 0, 0, 0, 0, 0, [])


def fits(charge: ChargedPoints, amount_minor: int) -> bool:
    """Whether this much of a charge has not been refunded yet."""
    return amount_minor <= charge.amount_minor - charge.refunded_minor


def above(charge: ChargedPoints) -> RefundAboveCharge:
    """The refusal of a refund that doesn't fit, with what is left of the charge."""
    left = decimal_string(charge.amount_minor - charge.refunded_minor)
    whole = decimal_string(charge.amount_minor)
    return RefundAboveCharge(f"Of the charge's {whole} there is {left} left to refund.")


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
    lost_excess: int,
    terms: Terms,
    terms_number: int,
    now: datetime,
) -> TakenBack:
    """Write a refund into the book and move the charge on.

    First what exceeded the cap and was declined, which nobody has, then what still waits above
    the cap, then the charge's own lot, then the lots that lapse first, and the rest becomes
    debt. What of the charge lapsed unspent, in its own lot or as excess that a verdict gave, is
    not taken a second time.

    Args:
        lots: all of the wallet's lots with points left, and the charge's own.
        lost_excess: what the cleared excesses of the charge's month lost unspent and no refund
            has counted.
    """
    assert fits(charge, refund.amount_minor), "a refund above the charge is refused before"
    points = points_of_refund(charge, refund.amount_minor, terms)
    from_declined = min(charge.points_declined, points)
    from_review = min(charge.points_waiting, points - from_declined)
    earned = points - from_declined - from_review
    own = next((lot for lot in lots if lot.number == charge.lot), None)
    unswept = own.remaining if own is not None and own.has_lapsed(now) else 0
    lost = charge.points_swept + unswept
    lapsed_own = max(0, lost - charge.points_absorbed)
    cleared_left = charge.points_cleared - max(0, charge.points_absorbed - lost)
    taken = take_points(
        book,
        refund.reason,
        earned,
        lots,
        own=own,
        swept=lapsed_own - unswept + min(lost_excess, cleared_left),
        cause=Cause("refund", refund.refund_id),
        occurred_at=refund.occurred_at,
        now=now,
        terms=terms_number,
    )
    charge.refunded_minor += refund.amount_minor
    charge.points_declined -= from_declined
    charge.points_waiting -= from_review
    charge.points_absorbed += taken.lapsed
    return TakenBack(
        from_declined,
        from_review,
        taken.revoked,
        taken.lapsed,
        taken.to_debt,
        max(0, taken.lapsed - lapsed_own),
        taken.draws,
    )
