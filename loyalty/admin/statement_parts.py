"""The parts of a statement: what each page shows, and where its next page begins."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest

from loyalty.admin.gate.words import (
    PAYOUT_KINDS,
    PAYOUT_STATUSES,
    Word,
    paid_of,
    sentences,
    word_of,
)
from loyalty.models import Payout
from loyalty.queries.ledger_pages import (
    LAST_NUMBER,
    PAGE,
    billed_page,
    entries_page,
    months_of,
    open_lots_at,
    payouts_of,
    redemptions_page,
)
from loyalty.queries.tiers import tier_in_force

Context = dict[str, Any]


class PayoutLine(NamedTuple):
    """A payout in words: its kind, its status, how much of it is paid, and why it waits."""

    payout: Payout
    kind: Any
    status: Word
    paid: str
    why: list[str]


def _overview(request: HttpRequest, subscriber_id: int, at: datetime) -> Context:
    return {
        "lots": open_lots_at(subscriber_id=subscriber_id, at=at),
        "months": months_of(subscriber_id=subscriber_id),
        "standing": tier_in_force(subscriber_id=subscriber_id, at=at),
    }


def _entries(request: HttpRequest, subscriber_id: int, at: datetime) -> Context:
    before = _number(request, LAST_NUMBER)
    entries = entries_page(subscriber_id=subscriber_id, at=at, before=before, limit=PAGE + 1)
    shown, following = _cut(entries)
    return {"entries": shown, "next": str(shown[-1].number) if following else ""}


def _billed(request: HttpRequest, subscriber_id: int, at: datetime) -> Context:
    billed = billed_page(subscriber_id=subscriber_id, at=at, before=_place(request), limit=PAGE + 1)
    shown, following = _cut(billed)
    return {"billed": shown, "next": "{}|{}".format(*shown[-1].place) if following else ""}


def _redemptions(request: HttpRequest, subscriber_id: int, at: datetime) -> Context:
    before = _number(request, 2**63 - 1)
    rows = redemptions_page(subscriber_id=subscriber_id, at=at, before=before, limit=PAGE + 1)
    shown, following = _cut(rows)
    return {"redemptions": shown, "next": str(shown[-1].pk) if following else ""}


def _payouts(request: HttpRequest, subscriber_id: int, at: datetime) -> Context:
    return {
        "payouts": [
            PayoutLine(
                payout,
                PAYOUT_KINDS[payout.kind],
                word_of(PAYOUT_STATUSES, payout.status),
                paid_of(payout.instalments.all(), payout.parts),
                sentences(payout.reasons),
            )
            for payout in payouts_of(subscriber_id=subscriber_id, at=at)
        ],
        "may_open": request.user.has_perm("loyalty.view_payout"),
        "may_grant": request.user.has_perms(("loyalty.view_payout", "loyalty.grant_payout")),
    }


PARTS: Mapping[str, Callable[[HttpRequest, int, datetime], Context]] = {
    "overview": _overview,
    "entries": _entries,
    "billed": _billed,
    "redemptions": _redemptions,
    "payouts": _payouts,
}


def _cut(rows: Sequence[Any]) -> tuple[Sequence[Any], bool]:
    """A page, and whether another row follows it."""
    return rows[:PAGE], len(rows) > PAGE


def _number(request: HttpRequest, otherwise: int) -> int:
    """Where the page begins; somebody else's invention begins at the top."""
    after = request.GET.get("after", "")
    number = int(after) if after.isascii() and after.isdecimal() and len(after) < 20 else otherwise
    return min(number, otherwise)


def _place(request: HttpRequest) -> tuple[datetime, str] | None:
    moment, _, place = request.GET.get("after", "").partition("|")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, place) if at.tzinfo is not None and "\x00" not in place else None
