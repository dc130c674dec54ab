"""Counting what callers move against their daily limits, in the transaction that moves it."""

from datetime import datetime

from kernel.moments import day_of
from loyalty.ledger.uses import add_use
from loyalty.policy.limits import DailyLimit, refusal_for_use
from loyalty.queries.terms import program_zone


def count_use(limit: DailyLimit | None, *, use: str, amount_minor: int, now: datetime) -> None:
    """Count kopecks against a caller's limit, in the verb's transaction and at its end.

    A verb asks for it after its own locks, so that nobody who holds the caller's count waits for
    a wallet. Nothing happens without a limit, or for nothing.

    Raises:
        ClientLimitExceeded: the day's use would exceed the limit; the verb's transaction is
            rolled back by it, and the count with it.
    """
    if limit is None or not amount_minor:
        return
    used_minor = add_use(
        actor=limit.actor, day=day_of(now, program_zone()), use=use, amount_minor=amount_minor
    )
    refusal = refusal_for_use(limit, use, used_minor=used_minor)
    if refusal is not None:
        raise refusal
