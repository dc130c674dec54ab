"""Month closings: the program's trial balance at the end of calendar months."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from loyalty.policy.book import COUNTED_OUTWARD, LEDGER_ACCOUNTS, empty_balances


class Moved(NamedTuple):
    """What the entries of one calendar month moved along one path."""

    month: date
    source: str
    destination: str
    entries: int
    points: int


@dataclass(frozen=True, slots=True)
class ClosedBooks:
    """A month's entries, what they moved per ledger account, and the balances at its end."""

    month: date
    entries: int
    moved: Mapping[str, int]
    balances: Mapping[str, int]


def closed_books(
    months: Sequence[date], moves: Iterable[Moved], balances_now: Mapping[str, int]
) -> list[ClosedBooks]:
    """The books of these months, by counting back from the present.

    A month's end is the present less all that was moved later, which needs no entry from
    before the first of `months` and holds whatever was posted late into an earlier one.

    Args:
        months: in their order, without a gap.
        moves: of the first of `months` and all later ones.
        balances_now: the sums of all wallets, in the same snapshot as `moves`.
    """
    by_month: dict[date, list[Moved]] = {}
    for move in moves:
        by_month.setdefault(move.month, []).append(move)
    balances = dict(balances_now)
    closed = []
    for month in sorted({*by_month, *months}, reverse=True):
        own = by_month.get(month, [])
        moved = _per_account(own)
        if month in months:
            entries = sum(move.entries for move in own)
            closed.append(ClosedBooks(month, entries, moved, dict(balances)))
        for account in LEDGER_ACCOUNTS:
            balances[account] -= moved[account]
    return closed[::-1]


def _per_account(moves: Iterable[Moved]) -> dict[str, int]:
    moved = empty_balances()
    for move in moves:
        for account, points in ((move.source, -move.points), (move.destination, move.points)):
            moved[account] += -points if account in COUNTED_OUTWARD else points
    return moved
