"""Payouts in the books: promised as a whole, paid in instalments, cancelled, clawed back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from kernel.moments import add_months
from loyalty.policy.accrual import Benefits
from loyalty.policy.book import AVAILABLE, DEBT, ISSUED, PENDING, REVOKED, Book, Cause, Entry
from loyalty.policy.gate import CAP_EXCESS, REFERRAL_BONUS, Reason, Standing
from loyalty.policy.lots import Lot
from loyalty.policy.taking import Taken, take_points
from loyalty.policy.terms import ReferralTerms, Terms

# Whose it is, its kind, and what it is for: the type of the cause and its id.
PayoutCause = tuple[int, str, str, str]


@dataclass(slots=True)
class HeldPayout:
    """A payout while verbs move it; the fields are columns."""

    id: UUID
    subscriber_id: int
    kind: str
    status: str
    points: int
    value_minor: int
    cause_type: str
    cause_id: str
    month: date | None
    terms: int
    parts: int
    depends_on_id: int | None
    four_eyes_above_minor: int
    maker: str | None
    checker: str | None
    proposed_verdict: str
    reasons: list[dict[str, str]]
    caps_waived: bool
    promise: int | None
    decided_at: datetime | None
    decided_by: str | None
    requested_by: str | None

    @property
    def cause(self) -> PayoutCause:
        """What it is requested once for."""
        return (self.subscriber_id, self.kind, self.cause_type, self.cause_id)

    @property
    def standing(self) -> Standing:
        """What a verdict meets."""
        return Standing(
            self.status,
            self.value_minor,
            self.four_eyes_above_minor,
            self.maker,
            self.proposed_verdict,
            self.requested_by,
        )


@dataclass(slots=True)
class HeldInstalment:
    """A part of a payout while verbs move it; the fields are columns."""

    subscriber_id: int
    payout_id: UUID
    number: int
    due_on: date
    month: date
    points: int
    value_minor: int
    status: str
    lot: int | None = None
    paid_at: datetime | None = None
    ended_at: datetime | None = None


class InstalmentPlan(NamedTuple):
    """One part of a payout: when it is due, and how many points it pays."""

    number: int
    due_on: date
    points: int


def instalments_of(points: int, parts: int, cleared_on: date) -> list[InstalmentPlan]:
    """Equal parts that add up, the last with what is left over, due from the day of clearing on.

    The others are due on its monthly anniversaries, each clamped to the end of its month. A
    part of less than a point would be none: then there are fewer parts.
    """
    parts = max(1, min(parts, points))
    each = points // parts
    return [
        InstalmentPlan(
            place + 1,
            add_months(cleared_on, place),
            each if place < parts - 1 else points - each * (parts - 1),
        )
        for place in range(parts)
    ]


@dataclass(slots=True)
class ReferralPay:
    """What an inviter was paid for referrals by month, and how many began in it."""

    value_minor: dict[date, int] = field(default_factory=dict)
    begun: dict[date, int] = field(default_factory=dict)

    def add(self, month: date, value_minor: int, *, begins: bool) -> None:
        self.value_minor[month] = self.value_minor.get(month, 0) + value_minor
        if begins:
            self.begun[month] = self.begun.get(month, 0) + 1

    def excess(
        self, month: date, value_minor: int, *, begins: bool, terms: ReferralTerms
    ) -> Reason | None:
        """Which limit of an inviter one more instalment would pass, or None."""
        limits = (terms.value_month_minor, terms.value_year_minor, terms.value_life_minor)
        span = _span_above(self.value_minor, month, value_minor, limits)
        if span is not None:
            return _above(f"referral_value_{span}")
        if begins:
            numbers = (terms.per_month_max, terms.per_year_max, terms.per_life_max)
            span = _span_above(self.begun, month, 1, numbers)
            if span is not None:
                return _above(f"referral_per_{span}")
        return None


def _span_above(
    by_month: Mapping[date, int], month: date, more: int, limits: tuple[int, int, int]
) -> str | None:
    """The first of month, year and life whose limit `more` would pass, or None."""
    of_month, of_year, of_life = limits
    in_all = sum(by_month.values()) + more
    # Mostly all there ever was fits even a month, and nothing has to be told apart.
    if in_all <= of_month and in_all <= of_year and in_all <= of_life:
        return None
    if by_month.get(month, 0) + more > of_month:
        return "month"
    if sum(n for m, n in by_month.items() if m.year == month.year) + more > of_year:
        return "year"
    return "life" if in_all > of_life else None


class InstalmentFacts(NamedTuple):
    """What decides over one instalment on its day.

    Attributes:
        kind: of the payout.
        month: whose caps it counts against.
        status: the beneficiary's, when the day ends or now, whichever is earlier.
        depends_on_status: the same of the subscriber whose staying earns it; None if nobody's.
    """

    kind: str
    number: int
    month: date
    value_minor: int
    caps_waived: bool
    status: str | None
    depends_on_status: str | None


class Payment(NamedTuple):
    """What becomes of an instalment: paid, or the rest is cancelled, or it goes to review."""

    outcome: str
    reason: Reason | None = None


PAY = Payment("pay")


def payment_for(
    facts: InstalmentFacts, benefits: Benefits, referrals: ReferralPay, terms: Terms
) -> Payment:
    """What becomes of an instalment that is due; `benefits` and `referrals` move on if paid."""
    gone = _reason_to_cancel(facts)
    if gone is not None:
        return Payment("cancel", gone)
    begins = facts.number == 1
    if not facts.caps_waived:
        above = None
        if facts.kind == REFERRAL_BONUS:
            above = referrals.excess(
                facts.month, facts.value_minor, begins=begins, terms=terms.referral
            )
        if above is None and facts.value_minor > benefits.room_minor(facts.month, terms):
            above = _above("benefits")
        if above is not None:
            return Payment("hold", above)
    benefits.add(facts.month, facts.value_minor)
    if facts.kind == REFERRAL_BONUS:
        referrals.add(facts.month, facts.value_minor, begins=begins)
    return PAY


def _reason_to_cancel(facts: InstalmentFacts) -> Reason | None:
    return nobody_to_pay(facts.kind, facts.status, facts.depends_on_status)


def waives_caps(kind: str, reasons: Sequence[Mapping[str, str]]) -> bool:
    """Whether a verdict that clears a payout has looked at the cap that held it."""
    return kind == CAP_EXCESS or any(each["code"].startswith("cap_") for each in reasons)


def nobody_to_pay(kind: str, status: str | None, depends_on_status: str | None) -> Reason | None:
    """Why a cleared payout ends at its next instalment, or None while somebody can be paid."""
    if kind == CAP_EXCESS:
        # It was earned by charges: a closed subscriber's wallet is emptied in its own time.
        return None
    if depends_on_status not in (None, "active"):
        return Reason("invitee_not_active", f"The invitee was {depends_on_status}.")
    if status in ("suspended", "closed"):
        return Reason(f"subscriber_{status}", f"The subscriber was {status}.")
    return None


_CAPS: Mapping[str, str] = {
    "benefits": "The subscriber's benefits would exceed the cap of the month, year or lifetime.",
    "referral_value_month": "The inviter's referral bonuses would exceed the month's limit.",
    "referral_value_year": "The inviter's referral bonuses would exceed the year's limit.",
    "referral_value_life": "The inviter's referral bonuses would exceed the limit in all.",
    "referral_per_month": "The inviter was paid for as many referrals as a month allows.",
    "referral_per_year": "The inviter was paid for as many referrals as a year allows.",
    "referral_per_life": "The inviter was paid for as many referrals as are allowed in all.",
}


def _above(cap: str) -> Reason:
    return Reason(f"cap_{cap}", _CAPS[cap])


class Moment(NamedTuple):
    """When and under which terms an entry about a payout is written."""

    occurred_at: datetime
    now: datetime
    terms: int


def promise(book: Book, payout_id: str, points: int, at: Moment) -> Entry:
    """Put a cleared payout on the books as a whole."""
    return _move(book, "grant", ISSUED, PENDING, points, payout_id, at)


def pay(book: Book, payout_id: str, points: int, at: Moment) -> Entry | None:
    """Pay an instalment: debt first, then a lot; the entry that opened the lot, if any."""
    owed = min(book.debt, points)
    if owed:
        _move(book, "payment", PENDING, DEBT, owed, payout_id, at)
    if owed == points:
        return None
    return _move(book, "payment", PENDING, AVAILABLE, points - owed, payout_id, at)


def cancel(book: Book, payout_id: str, points: int, at: Moment) -> Entry:
    """Take what was promised and not paid off the books."""
    return _move(book, "cancellation", PENDING, REVOKED, points, payout_id, at)


def claw_back(
    book: Book,
    payout_id: str,
    points: int,
    lots: Sequence[Lot],
    own: Lot | None,
    swept: int,
    at: Moment,
) -> Taken:
    """Take a paid instalment back: from its own lot, then those that lapse first, then as debt.

    Args:
        lots: the wallet's with points left, and the instalment's own.
        own: the lot that it opened, if it opened one.
        swept: what of it lapsed unspent, which is not taken a second time.
    """
    return take_points(
        book,
        "clawback",
        points,
        lots,
        own=own,
        swept=swept,
        cause=Cause("payout", payout_id),
        occurred_at=at.occurred_at,
        now=at.now,
        terms=at.terms,
    )


def _move(
    book: Book, kind: str, source: str, destination: str, points: int, payout_id: str, at: Moment
) -> Entry:
    return book.move(
        kind,
        source,
        destination,
        points,
        cause=Cause("payout", payout_id),
        occurred_at=at.occurred_at,
        now=at.now,
        terms=at.terms,
    )
