"""Evaluation of tiers under the locks of wallets: by the clock, and before what bills change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from kernel.moments import add_months, month_of, start_of_day
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.plan import Plan
from loyalty.ledger.tiers import (
    StandingRow,
    TierChangeRow,
    revenue_by_month,
    write_standings,
)
from loyalty.policy.book import Book
from loyalty.policy.terms import Terms
from loyalty.policy.tiers import (
    TierStanding,
    TierStart,
    TierStep,
    month_to_reach,
    months_until,
    steps_through,
    withdraws_downgrade,
)
from loyalty.queries.terms import TermsCalendar, program_zone
from outbox.operations import publish


@dataclass(slots=True)
class TierEvaluation:
    """Wallets whose tier is due, evaluated under their locks, and what is to be written of it.

    Attributes:
        revenue: by subscriber and month, as it was before this call.
        starts: the history of tiers of those subscribers, with what was evaluated here.
    """

    calendar: TermsCalendar
    zone: ZoneInfo
    revenue: Mapping[int, Mapping[date, int]] = field(default_factory=dict)
    starts: dict[int, list[TierStart]] = field(default_factory=dict)
    rows: dict[int, StandingRow] = field(default_factory=dict)
    changes: list[TierChangeRow] = field(default_factory=list)
    said: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def reach(self, book: Book, month: date, this_month: date, plan: Plan | None = None) -> None:
        """Evaluate a book that is due before something of `month` is decided in `this_month`.

        Args:
            plan: what this call has decided already of the subscriber's months.
        """
        if book.subscriber_id not in self.revenue:
            return
        until = month_to_reach(
            opened_in=opened_in(book, this_month, self.zone),
            evaluated_for=book.tier_evaluated_for,
            month=month,
            this_month=this_month,
        )
        if until is not None:
            self.evaluate(book, until, plan)

    def evaluate(self, book: Book, until: date, plan: Plan | None = None) -> None:
        """Move a book's tier on through a month."""
        months = months_until(opened_in(book, until, self.zone), book.tier_evaluated_for, until)
        for step in steps_through(
            months,
            TierStanding(book.tier, book.downgrade_on),
            paid_in=partial(self._paid_in, book.subscriber_id, plan),
            terms_of=self._terms_of,
        ):
            self._take(book, step)
        book.tier_evaluated_for = until
        self.rows[book.subscriber_id] = StandingRow(
            book.subscriber_id, book.tier, book.tier_since, book.downgrade_on, until
        )

    def write(self, *, now: datetime) -> None:
        """Write what was evaluated, and announce it."""
        write_standings(list(self.rows.values()), self.changes)
        for name, items in self.said.items():
            publish(name=name, items=items, now=now)

    def _paid_in(self, subscriber_id: int, plan: Plan | None, start: date, end: date) -> int:
        paid = sum(
            minor for month, minor in self.revenue[subscriber_id].items() if start <= month < end
        )
        while plan is not None and start < end:
            change = plan.months.get((subscriber_id, start))
            paid += change.revenue_minor if change is not None else 0
            start = add_months(start, 1)
        return paid

    def _terms_of(self, month: date) -> Terms:
        return self.calendar.at(start_of_day(month, self.zone)).terms

    def _take(self, book: Book, step: TierStep) -> None:
        month, terms, before, after = step
        book.tier, book.downgrade_on = after.tier, after.downgrade_on
        item: dict[str, object] = {"subscriber_id": book.external_id, "tier": after.tier}
        if after.tier != before.tier:
            book.tier_since = starts_at = start_of_day(month, self.zone)
            self.changes.append(TierChangeRow(book.subscriber_id, starts_at, after.tier))
            self.starts.setdefault(book.subscriber_id, []).append(TierStart(starts_at, after.tier))
            self._say(news.TIER_CHANGED, {**item, "was": before.tier, "since": starts_at})
        if after.downgrade_on is not None and after.downgrade_on != before.downgrade_on:
            self._say(news.DOWNGRADE_ANNOUNCED, {**item, "on": after.downgrade_on})
        if withdraws_downgrade(before, after, terms):
            self._say(news.DOWNGRADE_WITHDRAWN, item)

    def _say(self, name: str, item: dict[str, object]) -> None:
        self.said.setdefault(name, []).append(item)


def evaluation_of(due: Iterable[Book], calendar: TermsCalendar) -> TierEvaluation:
    """What the evaluation of these books needs, read in a fixed number of statements."""
    books = {book.subscriber_id: book for book in due}
    evaluation = TierEvaluation(calendar, program_zone())
    if not books:
        return evaluation
    widest = max(version.terms.tier_window_months for _, version in calendar.versions())
    first = min(_first_month(book, evaluation.zone) for book in books.values())
    evaluation.revenue = revenue_by_month(list(books), add_months(first, -widest))
    climbed = [key for key, book in books.items() if book.tier_since is not None]
    if climbed:
        evaluation.starts = facts.tier_starts(climbed)
    return evaluation


def evaluated_before_change(
    books: Iterable[Book], calendar: TermsCalendar, now: datetime
) -> TierEvaluation:
    """Tiers as they are before this call changes what was paid: see `month_to_reach`."""
    this_month = month_of(now, program_zone())
    due = [
        book
        for book in books
        if book.tier_evaluated_for is None or book.tier_evaluated_for < this_month
    ]
    evaluation = evaluation_of(due, calendar)
    for book in due:
        # Of no month of its own: only what has begun matters.
        evaluation.reach(book, date.min, this_month)
    return evaluation


def opened_in(book: Book, otherwise: date, zone: ZoneInfo) -> date:
    """The month in which a wallet was opened; `otherwise` of one that is not open yet."""
    return otherwise if book.opened_at is None else month_of(book.opened_at, zone)


def _first_month(book: Book, zone: ZoneInfo) -> date:
    if book.tier_evaluated_for is not None:
        return book.tier_evaluated_for
    return date.max.replace(day=1) if book.opened_at is None else month_of(book.opened_at, zone)
