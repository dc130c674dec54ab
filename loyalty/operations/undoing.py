"""What undoing a taking of points needs, read under the locks of the books."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kernel.moments import day_of, lapse_at
from loyalty.ledger import facts
from loyalty.ledger.takings import PaymentRow, payments_of_debt, takings_of
from loyalty.policy.book import AVAILABLE, DEBT, Entry
from loyalty.policy.lots import Draw, Lot
from loyalty.policy.taking import DebtPayment
from loyalty.queries.terms import TermsCalendar, program_zone


@dataclass(slots=True)
class Takings:
    """Entries that took points back, by (subscriber, id of the cause), with their draws.

    Attributes:
        lots: per subscriber, those with points left and those that were drawn from.
        payments: per subscriber, what has paid debt and was not returned, the latest first.
    """

    entries: dict[tuple[int, str], list[Entry]]
    draws: dict[tuple[int, int], list[Draw]]
    lots: dict[int, list[Lot]]
    payments: dict[int, list[DebtPayment]]

    def draws_of(self, entries: Iterable[Entry]) -> list[Draw]:
        """What these entries took from lots."""
        return [
            drawn
            for entry in entries
            if entry.source == AVAILABLE
            for drawn in self.draws[entry.subscriber_id, entry.number]
        ]

    def returned(self, subscriber_id: int, points: int) -> None:
        """Leave out the latest payments of debt, which were returned now."""
        left = []
        for payment in self.payments.get(subscriber_id, ()):
            back = min(points, payment.points)
            points -= back
            if payment.points > back:
                left.append(payment._replace(points=payment.points - back))
        self.payments[subscriber_id] = left


def takings(causes: Sequence[tuple[int, str, str]], calendar: TermsCalendar) -> Takings:
    """Read what was taken for these causes: (subscriber, type, id)."""
    entries = takings_of(causes) if causes else {}
    every = [entry for found in entries.values() for entry in found]
    keys = [(entry.subscriber_id, entry.number) for entry in every if entry.source == AVAILABLE]
    draws = facts.draws_of(keys) if keys else {}
    drawn = [(each.subscriber_id, each.lot) for found in draws.values() for each in found]
    subscribers = sorted({row[0] for row in causes})
    owing = sorted({entry.subscriber_id for entry in every if entry.source == DEBT})
    return Takings(
        entries,
        draws,
        facts.lots_of(subscribers, drawn) if subscribers else {},
        _payments(payments_of_debt(owing), calendar) if owing else {},
    )


def _payments(rows: Iterable[PaymentRow], calendar: TermsCalendar) -> dict[int, list[DebtPayment]]:
    zone = program_zone()
    found: dict[int, list[DebtPayment]] = {}
    returned: dict[tuple[int, int], int] = {}
    for row in rows:
        key = (row.subscriber_id, row.entry)
        gone = min(row.points, returned.setdefault(key, row.returned))
        returned[key] -= gone
        if row.points > gone:
            found.setdefault(row.subscriber_id, []).append(
                _payment(row, row.points - gone, calendar, zone)
            )
    return found


def _payment(row: PaymentRow, points: int, calendar: TermsCalendar, zone: ZoneInfo) -> DebtPayment:
    expires_at = row.expires_at
    if expires_at is None:
        life = calendar.numbered(row.terms).lot_life_months
        expires_at = lapse_at(day_of(row.occurred_at, zone), life, zone)
    return DebtPayment(row.entry, points, row.occurred_at, row.terms, expires_at)
