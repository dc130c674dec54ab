"""Accrual: what a charge earns, how much of it fits under the caps, what pays debt first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from loyalty.policy.book import AVAILABLE, DEBT, ISSUED, Book, Cause
from loyalty.policy.terms import Terms


class ChargeItem(NamedTuple):
    """A charge as billing reports it; money in kopecks, the instant aware and in UTC."""

    charge_id: str
    subscriber_id: str
    amount_minor: int
    kind: str
    occurred_at: datetime


class Accrual(NamedTuple):
    """What a charge made."""

    points_earned: int
    points_in_review: int
    points_to_debt: int
    lot: int | None


NOTHING = Accrual(0, 0, 0, None)


@dataclass(slots=True)
class Benefits:
    """Kopecks of benefits that a subscriber was given, while a verb decides.

    `months` are those of the calendar years concerned; None while the sum of a lifetime is
    below every cap, since no month and no year can exceed it.
    """

    life_minor: int
    months: Mapping[date, int] | None = None
    added: dict[date, int] = field(default_factory=dict)

    def room_minor(self, month: date, terms: Terms) -> int:
        """How much more may be given in `month`, under the caps of month, year and lifetime."""
        caps = terms.caps
        if self.months is None:
            return terms.smallest_benefit_cap_minor - self.life_minor
        of_month = self.months.get(month, 0) + self.added.get(month, 0)
        of_year = sum(
            minor
            for months in (self.months, self.added)
            for other, minor in months.items()
            if other.year == month.year
        )
        return min(
            caps.benefit_month_minor - of_month,
            caps.benefit_year_minor - of_year,
            caps.benefit_life_minor - self.life_minor,
        )

    def add(self, month: date, minor: int) -> None:
        self.life_minor += minor
        self.added[month] = self.added.get(month, 0) + minor


def accrue(
    book: Book,
    charge: ChargeItem,
    *,
    month: date,
    points: int,
    benefits: Benefits,
    terms: Terms,
    terms_number: int,
    now: datetime,
) -> Accrual:
    """Write a charge's points into the book: debt first, then a lot; the excess waits.

    Args:
        points: what the charge earns before caps.
        benefits: what was given before; moved on by what is given now.
    """
    room = max(0, benefits.room_minor(month, terms)) // terms.point_value_minor
    earned = min(points, room)
    if not earned:
        return Accrual(0, points, 0, None)
    benefits.add(month, earned * terms.point_value_minor)
    cause = Cause("charge", charge.charge_id)
    to_debt = min(book.debt, earned)
    if to_debt:
        book.move(
            "accrual",
            ISSUED,
            DEBT,
            to_debt,
            cause=cause,
            occurred_at=charge.occurred_at,
            now=now,
            terms=terms_number,
        )
    if earned == to_debt:
        return Accrual(earned, points - earned, to_debt, None)
    entry = book.move(
        "accrual",
        ISSUED,
        AVAILABLE,
        earned - to_debt,
        cause=cause,
        occurred_at=charge.occurred_at,
        now=now,
        terms=terms_number,
    )
    return Accrual(earned, points - earned, to_debt, entry.number)
