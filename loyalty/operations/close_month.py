"""Close calendar months."""

from datetime import date, datetime

from django.db import transaction

from kernel.moments import add_months, month_of, start_of_day
from loyalty.models import MonthClosing
from loyalty.policy.book import AVAILABLE, LEDGER_ACCOUNTS, PENDING, RESERVED
from loyalty.policy.closings import ClosedBooks, closed_books
from loyalty.queries.closings import MonthMoney, first_open_month, money_of, movements_since
from loyalty.queries.terms import program_zone, terms_calendar


@transaction.atomic
def close_month(*, now: datetime) -> list[date]:
    """Keep the program's trial balance at the end of each month that has ended by `now`.

    A month that hasn't ended is not closed. Safe to repeat and to run in two places: a month
    is closed once, by whoever comes first. An entry belongs to the month of its `posted_at`.

    Returns:
        The months that were due, in their order.
    """
    first = first_open_month()
    months = _until(first, month_of(now, program_zone())) if first is not None else []
    if not months:
        return []
    movements, money = movements_since(months[0]), money_of(months)

    closed = closed_books(months, movements.moves, movements.balances)

    # Another run may close the same months; its rows stay.
    MonthClosing.objects.bulk_create(
        [_row(books, money[books.month], now) for books in closed], ignore_conflicts=True
    )
    return months


def _until(first: date, this_month: date) -> list[date]:
    months = []
    while first < this_month:
        months.append(first)
        first = add_months(first, 1)
    return months


def _row(books: ClosedBooks, money: MonthMoney, now: datetime) -> MonthClosing:
    owed = sum(books.balances[account] for account in (PENDING, AVAILABLE, RESERVED))
    ends_at = start_of_day(add_months(books.month, 1), program_zone())
    value_minor = terms_calendar().at(ends_at).terms.point_value_minor
    return MonthClosing(
        month=books.month,
        closed_at=now,
        entries=books.entries,
        **{f"{account}_moved": books.moved[account] for account in LEDGER_ACCOUNTS},
        **{f"{account}_balance": books.balances[account] for account in LEDGER_ACCOUNTS},
        revenue_minor=money.revenue_minor,
        redeemed_minor=money.redeemed_minor,
        liability_minor=owed * value_minor,
    )
