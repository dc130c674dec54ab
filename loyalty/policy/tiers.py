"""Tiers: who is in which, by what was paid over the last full months; down one step at a time."""

from collections.abc import Sequence
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
