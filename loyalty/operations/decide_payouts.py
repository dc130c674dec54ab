"""Persons decide over payouts: clear, refuse, freeze, unfreeze."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from loyalty.ledger.books import lock_books_of
from loyalty.ledger.payouts import payouts_called
from loyalty.operations.passage import Passage, passage_of
from loyalty.policy.gate import (
    ReasonMissing,
    UnknownPayout,
    foretell,
)
from loyalty.policy.payouts import HeldPayout


def clear_payouts(
    *, payout_ids: Sequence[UUID], reason: str, by: str, now: datetime
) -> list[HeldPayout]:
    """Clear payouts that wait or are in review.

    A payout that is cleared is on the books, and what is due at once is paid. A cap that held
    it is waived. Above the four-eyes limit the first verdict is a proposal. All are decided, or
    none.

    Raises:
        UnknownPayout: an id was never seen.
        ReasonMissing: nobody would know why.
        StepNotPossible: one has been decided already.
        SecondVerdictNeeded: one needs the verdict of somebody else.
    """
    return _decide(payout_ids, "clear", reason, by, now)


def refuse_payouts(
    *, payout_ids: Sequence[UUID], reason: str, by: str, now: datetime
) -> list[HeldPayout]:
    """Refuse payouts that wait or are in review; what is promised and not paid comes off the books.

    Above the four-eyes limit the first verdict is a proposal.

    Raises:
        UnknownPayout, ReasonMissing, StepNotPossible, SecondVerdictNeeded: as `clear_payouts`.
    """
    return _decide(payout_ids, "refuse", reason, by, now)


@transaction.atomic
def reopen_payouts(
    *, payout_ids: Sequence[UUID], reason: str, by: str, now: datetime
) -> list[HeldPayout]:
    """Bring payouts that the screen alone refused back to review; all, or none.

    Raises:
        UnknownPayout, ReasonMissing: as `clear_payouts`.
        StepNotPossible: one is not refused, or a person refused it.
    """
    return _move(payout_ids, "in_review", Passage.reopen, reason, by, now)


@transaction.atomic
def freeze_payouts(
    *, payout_ids: Sequence[UUID], reason: str, by: str, now: datetime
) -> list[HeldPayout]:
    """Stop the instalments of cleared payouts; one that is frozen already stays so.

    Raises:
        UnknownPayout, ReasonMissing: as `clear_payouts`.
        StepNotPossible: one is not cleared, or all of it is paid.
    """
    return _move(payout_ids, "frozen", Passage.freeze, reason, by, now)


@transaction.atomic
def unfreeze_payouts(
    *, payout_ids: Sequence[UUID], reason: str, by: str, now: datetime
) -> list[HeldPayout]:
    """Let frozen payouts go on; what has become due meanwhile is paid by the next run.

    Raises:
        UnknownPayout, ReasonMissing: as `clear_payouts`.
        StepNotPossible: one is neither frozen nor cleared.
    """
    return _move(payout_ids, "cleared", Passage.unfreeze, reason, by, now)


@transaction.atomic
def _decide(
    payout_ids: Sequence[UUID], verdict: str, reason: str, by: str, now: datetime
) -> list[HeldPayout]:
    passage = _locked(payout_ids, reason, now)

    for payout in passage.payouts.values():
        foretold = foretell(payout.standing, verdict, by)
        if foretold.refusal is not None:
            raise foretold.refusal
        if not foretold.is_final:
            passage.propose(payout, verdict, by=by, reason=reason)
            continue
        if payout.maker is None:
            payout.maker = by
        else:
            payout.checker = by
        if verdict == "clear":
            passage.clear(payout, by=by, reason=reason)
        else:
            passage.refuse(payout, by=by, reason=reason)
    passage.pay_due()

    passage.write()
    return list(passage.payouts.values())


def _move(
    payout_ids: Sequence[UUID],
    target: str,
    step: Callable[..., None],
    reason: str,
    by: str,
    now: datetime,
) -> list[HeldPayout]:
    passage = _locked(payout_ids, reason, now)
    for payout in passage.payouts.values():
        if payout.status != target:
            step(passage, payout, by=by, reason=reason)
    passage.write()
    return list(passage.payouts.values())


def _locked(payout_ids: Sequence[UUID], reason: str, now: datetime) -> Passage:
    if not reason.strip():
        raise ReasonMissing
    known = payouts_called(payout_ids)
    if len(known) < len(set(payout_ids)):
        raise UnknownPayout
    books = lock_books_of(sorted({payout.subscriber_id for payout in known}))
    return passage_of(payout_ids, books, now)
