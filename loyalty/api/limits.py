"""The daily limits of a client, as its grant says."""

from doors.queries import Grant
from loyalty.policy.limits import DailyLimit


def charge_limit(grant: Grant) -> DailyLimit | None:
    """Return what a client may post in a day; None without a limit."""
    return _limit(grant, grant.daily_charge_limit_minor)


def redemption_limit(grant: Grant) -> DailyLimit | None:
    """Return what a client may reserve in a day; None without a limit."""
    return _limit(grant, grant.daily_redemption_limit_minor)


def _limit(grant: Grant, limit_minor: int | None) -> DailyLimit | None:
    return None if limit_minor is None else DailyLimit(grant.actor, limit_minor)
