"""Taking back what was given: from its own lot, then the lots that lapse first, then as debt."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.policy.book import AVAILABLE, DEBT, REVOKED, Book, Cause
from loyalty.policy.lots import Draw, Lot, draw, draw_plan, open_lots


class Taken(NamedTuple):
    """Where the points were: in lots, lapsed unspent, or spent and therefore owed."""

    revoked: int
    lapsed: int
    to_debt: int
    draws: list[Draw]


def take_points(
    book: Book,
    kind: str,
    points: int,
    lots: Sequence[Lot],
    *,
    own: Lot | None,
    swept: int,
    cause: Cause,
    occurred_at: datetime,
    now: datetime,
    terms: int,
) -> Taken:
    """Write what takes points back into the book.

    Args:
        kind: of the entries, which lead from `available` and `debt` to `revoked`.
        lots: all of the wallet's lots with points left, and `own`.
        own: the lot that the points were credited to, if they opened one.
        swept: what of them lapsed unspent in it and wasn't counted yet: that was lost by the
            subscriber already and is not taken a second time. What has lapsed and still waits
            to be swept is counted here.
    """
    own_is_open = own is not None and not own.has_lapsed(now)
    unswept = own.remaining if own is not None and not own_is_open else 0
    first = [own] if own is not None and own_is_open else []
    plan = draw_plan(first, points)
    rest = points - sum(drawn for _, drawn in plan)
    lapsed = min(rest, swept + unswept)
    others = [lot for lot in open_lots(lots, now) if lot is not own]
    plan += draw_plan(others, rest - lapsed)
    revoked = sum(drawn for _, drawn in plan)
    to_debt = points - lapsed - revoked

    draws: list[Draw] = []
    if revoked:
        entry = book.move(
            kind,
            AVAILABLE,
            REVOKED,
            revoked,
            cause=cause,
            occurred_at=occurred_at,
            now=now,
            terms=terms,
        )
        draws = draw(plan, entry.number)
    if to_debt:
        book.move(
            kind,
            DEBT,
            REVOKED,
            to_debt,
            cause=cause,
            occurred_at=occurred_at,
            now=now,
            terms=terms,
        )
    return Taken(revoked, lapsed, to_debt, draws)
