"""Tiers: who is in which, by what was paid over the last full months; down one step at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from kernel.moments import add_months
from loyalty.policy.terms import BRONZE, Terms


class TierStart(NamedTuple):
    """A tier in force from a moment on."""

    starts_at: datetime
    tier: str


@dataclass(frozen=True, slots=True)
class TierStanding:
    """A subscriber's tier, and the month from which an announced downgrade is due."""

    tier: str
    downgrade_on: date | None = None


def tier_at(changes: Sequence[TierStart], at: datetime) -> str:
    """The tier in force at a moment; Bronze before the first change."""
    past = [change for change in changes if change.starts_at <= at]
    return max(past).tier if past else BRONZE


def tier_window(month: date, terms: Terms) -> tuple[date, date]:
    """The full calendar months that count at the start of `month`: from, until before."""
    return add_months(month, -terms.tier_window_months), month


def standing_in(month: date, standing: TierStanding, paid_minor: int, terms: Terms) -> TierStanding:
    """The standing from the start of `month` on, after what was paid in the tier window.

    Up at once, any number of steps. Down one step at a time, each announced and carried out
    after the months of grace, if by then what was paid is still too little.
    """
    names = terms.tier_names()
    current = names.index(standing.tier)
    deserved = max(
        place for place, tier in enumerate(terms.tiers) if paid_minor >= tier.paid_min_minor
    )
    if deserved >= current:
        return TierStanding(names[deserved])
    next_downgrade = add_months(month, terms.tier_grace_months)
    if standing.downgrade_on is None:
        return TierStanding(standing.tier, next_downgrade)
    if month < standing.downgrade_on:
        return standing
    lower = current - 1
    return TierStanding(names[lower], next_downgrade if deserved < lower else None)


def withdraws_downgrade(before: TierStanding, after: TierStanding, terms: Terms) -> bool:
    """Whether a downgrade was announced and what was paid since made up for it."""
    names = terms.tier_names()
    return (
        before.downgrade_on is not None
        and after.downgrade_on is None
        and names.index(after.tier) >= names.index(before.tier)
    )


class TierStep(NamedTuple):
    """The evaluation of a wallet for one month."""

    month: date
    terms: Terms
    before: TierStanding
    after: TierStanding


def month_to_reach(
    *, opened_in: date, evaluated_for: date | None, month: date, this_month: date
) -> date | None:
    """Through which month a wallet is evaluated before a charge of `month`; None if it is already.

    A tier is judged by what was known at the first instant of its month, so that whatever
    changes later what was paid comes after the evaluation. Of the month in which a wallet was
    opened nothing was known at its first instant: bills of earlier months count until the first
    charge of this one needs the tier.

    Args:
        opened_in: the month in which the wallet was opened.
        month: of the charge, which may be the next one within the allowed skew of clocks.
        this_month: of the moment of posting.
    """
    reach = max(month, this_month)
    if evaluated_for is not None and evaluated_for >= reach:
        return None
    return reach if reach > opened_in or month >= opened_in else None


def months_until(opened_in: date, evaluated_for: date | None, until: date) -> list[date]:
    """The months for which a wallet is still to be evaluated, in order."""
    month = opened_in if evaluated_for is None else add_months(evaluated_for, 1)
    months = []
    while month <= until:
        months.append(month)
        month = add_months(month, 1)
    return months


def steps_through(
    months: Sequence[date],
    standing: TierStanding,
    *,
    paid_in: Callable[[date, date], int],
    terms_of: Callable[[date], Terms],
) -> list[TierStep]:
    """Evaluate a wallet for one month after the other.

    Args:
        paid_in: kopecks paid net of refunds from a month until before another one.
        terms_of: the terms in force at the start of a month.
    """
    steps = []
    for month in months:
        terms = terms_of(month)
        after = standing_in(month, standing, paid_in(*tier_window(month, terms)), terms)
        steps.append(TierStep(month, terms, standing, after))
        standing = after
    return steps
