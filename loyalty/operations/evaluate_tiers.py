"""Evaluate tiers at the start of each month."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from kernel.moments import add_months, month_of, start_of_day
from loyalty import news
from loyalty.ledger.books import lock_books_of
from loyalty.ledger.tiers import (
    StandingRow,
    TierChangeRow,
    paid_in_window,
    standings_of,
    write_standings,
)
from loyalty.policy.tiers import standing_in, tier_window, withdraws_downgrade
from loyalty.queries.terms import program_zone, terms_calendar
from loyalty.queries.tiers import earliest_unevaluated_month, wallets_to_evaluate
from outbox.operations import publish

WALLETS_PER_PAGE = 5000


def evaluate_tiers(*, now: datetime, wallets_per_page: int = WALLETS_PER_PAGE) -> int:
    """Evaluate every wallet for each month that has begun by `now`, in order, a commit per page.

    A tier is in force from the start of its month, however late the evaluation runs. Safe to
    repeat: a wallet is evaluated once per month.

    Returns:
        How many wallets changed their tier.
    """
    this_month = month_of(now, program_zone())
    month = earliest_unevaluated_month(this_month)
    changed = 0
    while month is not None and month <= this_month:
        after = 0
        while due := wallets_to_evaluate(month=month, after=after, limit=wallets_per_page):
            after = due[-1]
            changed += _evaluate_page(due, month, now)
        month = add_months(month, 1)
    return changed


@transaction.atomic
def _evaluate_page(subscriber_ids: Sequence[int], month: date, now: datetime) -> int:
    books = lock_books_of(subscriber_ids)

    starts_at = start_of_day(month, program_zone())
    terms = terms_calendar().at(starts_at).terms
    keys = list(books)
    standings = standings_of(keys, month)
    paid_minor = paid_in_window(keys, *tier_window(month, terms))

    rows, changes = [], []
    said: dict[str, list[dict[str, object]]] = {
        news.TIER_CHANGED: [],
        news.DOWNGRADE_ANNOUNCED: [],
        news.DOWNGRADE_WITHDRAWN: [],
    }
    for key, before in standings.items():
        after = standing_in(month, before, paid_minor.get(key, 0), terms)
        rows.append(StandingRow(key, after.tier, after.downgrade_on, month))
        item: dict[str, object] = {"subscriber_id": books[key].external_id, "tier": after.tier}
        if after.tier != before.tier:
            changes.append(TierChangeRow(key, starts_at, after.tier))
            said[news.TIER_CHANGED].append({**item, "was": before.tier, "since": starts_at})
        if after.downgrade_on is not None and after.downgrade_on != before.downgrade_on:
            said[news.DOWNGRADE_ANNOUNCED].append({**item, "on": after.downgrade_on})
        if withdraws_downgrade(before, after, terms):
            said[news.DOWNGRADE_WITHDRAWN].append(item)

    write_standings(rows, changes)

    for name, items in said.items():
        publish(name=name, items=items, now=now)
    return len(changes)
