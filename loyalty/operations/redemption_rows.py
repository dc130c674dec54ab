"""Rows of redemptions, as the verbs that move them read, lock, write and announce them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from kernel.money import decimal_string
from kernel.owners import EVERYBODY, Owners
from loyalty.ledger.books import lock_books_of
from loyalty.ledger.connection import execute
from loyalty.models import Redemption
from loyalty.policy.book import Book
from loyalty.policy.gate import IN_REVIEW, REDEMPTION_STEPS, SUBSCRIBER, Change
from loyalty.policy.redemptions import UnknownRedemption
from loyalty.queries.redemptions import redemptions_of

# What a step may change of a redemption.
_STEP = {
    "status": "text",
    "expires_at": "timestamptz",
    "settlement": "int",
    "settled_at": "timestamptz",
    "credit_reference": "text",
    "closing_reason": "text",
    "returned_at": "timestamptz",
}
_SAVE = f"""
    UPDATE loyalty_redemption r SET {", ".join(f"{name} = v.{name}" for name in _STEP)}
    FROM unnest(%s::bigint[], {", ".join(f"%s::{kind}[]" for kind in _STEP.values())})
        AS v (id, {", ".join(_STEP)})
    WHERE r.id = v.id
"""  # noqa: S608


class RedemptionOutcome(NamedTuple):
    """A redemption as it is now, and whether this very step had been done before."""

    redemption: Redemption
    replayed: bool = False


def redemptions_by_id(
    redemption_ids: Sequence[str], owners: Owners = EVERYBODY
) -> dict[str, Redemption]:
    """Those of these redemptions that the owners have, by the id that the client made."""
    found = redemptions_of(owners).filter(redemption_id__in=set(redemption_ids))
    return {redemption.redemption_id: redemption for redemption in found}


def lock_redemptions(
    redemption_ids: Sequence[str], owners: Owners = EVERYBODY
) -> tuple[list[Redemption], dict[int, Book]]:
    """The redemptions as they are under the locks of their wallets, in the order asked for.

    Raises:
        UnknownRedemption: the owners never had one of them.
    """
    found = redemptions_by_id(redemption_ids, owners)
    missing = [each for each in redemption_ids if each not in found]
    if missing:
        raise UnknownRedemption(f"There is no redemption {missing[0]}.")
    books = lock_books_of(sorted({redemption.subscriber_id for redemption in found.values()}))
    current = redemptions_by_id(redemption_ids)
    return [current[each] for each in dict.fromkeys(redemption_ids)], books


def save_redemptions(redemptions: Sequence[Redemption]) -> None:
    """Write what a step changes of redemptions."""
    if redemptions:
        columns = ("id", *_STEP)
        execute(_SAVE, *([getattr(row, name) for row in redemptions] for name in columns))


def said_of(redemptions: Iterable[Redemption], names: Mapping[int, str]) -> list[dict[str, object]]:
    """What is announced of redemptions; `names` are their subscribers' external ids."""
    return [
        {
            "redemption_id": redemption.redemption_id,
            "subscriber_id": names[redemption.subscriber_id],
            "points": redemption.points,
            "value": decimal_string(redemption.value_minor),
            "status": redemption.status,
        }
        for redemption in redemptions
    ]


def declined(redemption: Redemption, reason: str, by: str, now: datetime) -> Change:
    """The step of a redemption that was in review and is declined."""
    return _ended(redemption, "decline", reason, by, now)


def taken_back(redemption: Redemption, reason: str, now: datetime) -> Change:
    """The step of a redemption that was in review and that its subscriber took back."""
    return _ended(redemption, "release", reason, SUBSCRIBER, now)


def _ended(redemption: Redemption, step: str, reason: str, by: str, now: datetime) -> Change:
    return Change(
        subject_type="redemption",
        subject_id=redemption.redemption_id,
        subscriber_id=redemption.subscriber_id,
        step=step,
        before=IN_REVIEW,
        after=REDEMPTION_STEPS[step].target,
        at=now,
        by=by,
        reason=reason,
        details={"reasons": redemption.reasons},
    )


def names_of(books: Iterable[Book]) -> dict[int, str]:
    """External ids of books' subscribers."""
    return {book.subscriber_id: book.external_id for book in books}
