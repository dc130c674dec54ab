"""Taking back what was given, and giving back what was taken.

Points are taken from their own lot, then from the lots that lapse first, then as debt; a taking
that is undone puts them back where they were.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.policy.book import AVAILABLE, DEBT, REVOKED, Book, Cause, Entry
from loyalty.policy.lots import Draw, Lot, draw, draw_plan, open_lots, restore


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


class DebtPayment(NamedTuple):
    """Points that paid debt, and the lot that they would have been in otherwise.

    Attributes:
        entry: the number of the entry that paid.
        points: what of it has not been returned yet.
        occurred_at, terms: of the entry that opened that lot, or would have.
    """

    entry: int
    points: int
    occurred_at: datetime
    terms: int
    expires_at: datetime


class GivenBack(NamedTuple):
    """What undoing a taking made of lots: draws that paid debt, lots that were opened anew."""

    draws: list[Draw]
    opened: list[Lot]


def give_back(
    book: Book,
    originals: Sequence[Entry],
    draws: Sequence[Draw],
    lots: Sequence[Lot],
    payments: Sequence[DebtPayment],
    *,
    occurred_at: datetime,
    now: datetime,
    terms: int,
) -> GivenBack:
    """Mirror entries that took points back, each once.

    Points return to the lots that they came from, and lapse with them. Debt that the taking made
    is cancelled. What earnings have paid of it meanwhile comes back as lots that lapse when those
    of the earnings would have: the latest payments first, because without the taking they would
    not have been needed. Whoever still owes pays from what came back.

    Args:
        originals: entries that led to `revoked`.
        draws: what they took from `lots`.
        payments: of debt, the latest first, as far as none was returned before.
    """
    owed = [entry for entry in originals if entry.source == DEBT]
    paid = sum(entry.points for entry in owed) - book.debt
    opened = _return_payments(book, max(0, paid), payments, now=now)
    for original in sorted(originals, key=lambda entry: entry.source != DEBT):
        cause = Cause(original.cause_type, original.cause_id)
        book.mirror(
            "restoration", original, cause=cause, occurred_at=occurred_at, now=now, terms=terms
        )
    restored = restore(draws, lots)
    still_owed = min(book.debt, sum(points for _, points in restored))
    if not still_owed:
        return GivenBack([], opened)
    entry = book.move(
        "debt_payment",
        AVAILABLE,
        DEBT,
        still_owed,
        cause=Cause(originals[0].cause_type, originals[0].cause_id),
        occurred_at=occurred_at,
        now=now,
        terms=terms,
    )
    return GivenBack(draw(parts_of(restored, still_owed), entry.number), opened)


def parts_of(restored: Sequence[tuple[Lot, int]], points: int) -> list[tuple[Lot, int]]:
    """So many of the points that came back to lots, in their order."""
    plan = []
    for lot, back in restored:
        drawn = min(back, points)
        points -= drawn
        if drawn:
            plan.append((lot, drawn))
    return plan


def _return_payments(
    book: Book, points: int, payments: Sequence[DebtPayment], *, now: datetime
) -> list[Lot]:
    opened = []
    for payment in payments:
        back = min(payment.points, points)
        if not back:
            continue
        points -= back
        entry = book.move(
            "debt_return",
            DEBT,
            AVAILABLE,
            back,
            cause=Cause("entry", str(payment.entry)),
            occurred_at=payment.occurred_at,
            now=now,
            terms=payment.terms,
        )
        opened.append(Lot(book.subscriber_id, entry.number, back, back, payment.expires_at))
    assert points == 0, "debt that is gone was paid"
    return opened
