"""Redemptions: who may take how much, which step follows which, and how points come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kernel.money import decimal_string
from kernel.refusals import NotFound, Refusal
from loyalty.policy.book import AVAILABLE, DEBT, REDEEMED, RESERVED, Book, Cause, Entry
from loyalty.policy.lots import Draw, Lot, draw, draw_plan, restore
from loyalty.policy.taking import parts_of
from loyalty.policy.terms import Terms

REDEMPTION_STATUSES = (
    "in_review",
    "reserved",
    "settled",
    "released",
    "lapsed",
    "declined",
    "reversed",
)
REWARDS = ("bill_credit",)


class UnknownRedemption(NotFound):
    code = "unknown_redemption"
    title = "There is no redemption with this id."


class BelowMinimum(Refusal):
    code = "below_minimum"
    title = "A redemption needs more points than this."


class InsufficientPoints(Refusal):
    code = "insufficient_points"
    title = "The subscriber can't spend this many points."


class RedemptionCapReached(Refusal):
    code = "redemption_cap_reached"
    title = "The subscriber would redeem more than the program allows in this time."


class PhoneNotVerified(Refusal):
    code = "phone_not_verified"
    title = "A first redemption needs a verified phone."


class PaymentInstrumentMissing(Refusal):
    code = "payment_instrument_missing"
    title = "A first redemption needs a payment instrument."


class PaymentInstrumentShared(Refusal):
    code = "payment_instrument_shared"
    title = "A first redemption needs a payment instrument that nobody else uses."


class IdentityNotVerified(Refusal):
    code = "identity_not_verified"
    title = "Benefits of this sum need a verified identity."


class NotReserved(Refusal):
    code = "not_reserved"
    title = "The points of this redemption are not reserved any more."


class ReservationLapsed(Refusal):
    code = "reservation_lapsed"
    title = "The reservation ended and its points go back."


class NotSettled(Refusal):
    code = "not_settled"
    title = "Only a settled redemption can be reversed."


class RedemptionItem(NamedTuple):
    """A redemption as it is asked for; identifiers as digests, never as values."""

    redemption_id: str
    subscriber_id: str
    points: int
    reward: str


@dataclass(frozen=True, slots=True)
class RedemptionFacts:
    """What the program knows of a subscriber who wants to redeem; points and kopecks."""

    spendable_points: int
    points_redeemed_month: int
    points_redeemed_year: int
    value_taken_minor: int
    has_settled_before: bool
    phone_is_verified: bool
    identity_is_verified: bool
    has_payment_instrument: bool
    payment_instrument_is_shared: bool


def refusal_for_redemption(points: int, facts: RedemptionFacts, terms: Terms) -> Refusal | None:
    """Why points can't be reserved, or None; the first reason of this ladder."""
    return _refusal_by_sum(points, facts, terms) or _refusal_by_verification(points, facts, terms)


def refusal_for_settlement(status: str, expires_at: datetime, now: datetime) -> Refusal | None:
    """Why a reservation can't be settled, or None."""
    if status == "lapsed" or (status == "reserved" and expires_at <= now):
        return ReservationLapsed()
    return None if status == "reserved" else NotReserved(f"The redemption is {status}.")


def reserve(
    book: Book,
    item: RedemptionItem,
    lots: Sequence[Lot],
    *,
    terms_number: int,
    now: datetime,
) -> tuple[Entry, list[Draw]]:
    """Hold points; `lots` are the open ones in the order in which they are spent."""
    entry = book.move(
        "reservation",
        AVAILABLE,
        RESERVED,
        item.points,
        cause=Cause("redemption", item.redemption_id),
        occurred_at=now,
        now=now,
        terms=terms_number,
    )
    draws = draw(draw_plan(lots, item.points), entry.number)
    assert sum(drawn.points for drawn in draws) == item.points, "open lots hold what is spendable"
    return entry, draws


def settle(
    book: Book, redemption_id: str, points: int, *, terms_number: int, now: datetime
) -> Entry:
    """Spend what is held."""
    return book.move(
        "settlement",
        RESERVED,
        REDEEMED,
        points,
        cause=Cause("redemption", redemption_id),
        occurred_at=now,
        now=now,
        terms=terms_number,
    )


def give_back(
    book: Book,
    kind: str,
    originals: Sequence[Entry],
    draws: Sequence[Draw],
    lots: Sequence[Lot],
    *,
    terms_number: int,
    now: datetime,
) -> list[Draw]:
    """Mirror a redemption's entries, restore its lots, and pay debt from what came back.

    Without the last step a subscriber who owes points could spend those that a refund looked
    for in vain while they were held.

    Args:
        kind: "release", "lapse" or "reversal".
        originals: the redemption's entries, the latest first.
        draws: what its reservation took from `lots`.

    Returns:
        What paying debt took from the restored lots.
    """
    cause = Cause("redemption", originals[-1].cause_id)
    for original in originals:
        book.mirror(kind, original, cause=cause, occurred_at=now, now=now, terms=terms_number)
    restored = restore(draws, lots)
    owed = min(book.debt, originals[-1].points)
    if not owed:
        return []
    entry = book.move(
        "debt_payment",
        AVAILABLE,
        DEBT,
        owed,
        cause=cause,
        occurred_at=now,
        now=now,
        terms=terms_number,
    )
    return draw(parts_of(restored, owed), entry.number)


def _refusal_by_sum(points: int, facts: RedemptionFacts, terms: Terms) -> Refusal | None:
    value = terms.point_value_minor
    if points < terms.redemption.points_min:
        return BelowMinimum(points_min=terms.redemption.points_min)
    if points > facts.spendable_points:
        return InsufficientPoints(spendable_points=facts.spendable_points)
    room_month = terms.caps.redemption_month_minor // value - facts.points_redeemed_month
    room_year = terms.caps.redemption_year_minor // value - facts.points_redeemed_year
    room = min(room_month, room_year)
    if points > room:
        return RedemptionCapReached(redeemable_points=max(0, room))
    return None


def _refusal_by_verification(points: int, facts: RedemptionFacts, terms: Terms) -> Refusal | None:
    if not facts.has_settled_before:
        if not facts.phone_is_verified:
            return PhoneNotVerified()
        if not facts.has_payment_instrument:
            return PaymentInstrumentMissing()
        if facts.payment_instrument_is_shared:
            return PaymentInstrumentShared()
    limit = terms.redemption.identity_needed_above_minor
    taken = facts.value_taken_minor + points * terms.point_value_minor
    if taken > limit and not facts.identity_is_verified:
        return IdentityNotVerified(
            f"Benefits above {decimal_string(limit)} roubles in all need a verified identity."
        )
    return None
