"""What one caller may move in a day: a client of the API, or a person who gives credits."""

from typing import NamedTuple

from kernel.money import decimal_string
from kernel.refusals import Refusal

CHARGES, REDEMPTIONS, GOODWILL_CREDITS = "charges", "redemptions", "goodwill"
USES = (CHARGES, REDEMPTIONS, GOODWILL_CREDITS)


class ClientLimitExceeded(Refusal):
    code = "client_limit_exceeded"
    title = "This is more than the caller may post in a day."


class DailyLimit(NamedTuple):
    """A limit that a door knows of its caller.

    Attributes:
        actor: who calls, as audits name them.
        limit_minor: kopecks of one kind of use in a day of the program's time zone.
    """

    actor: str
    limit_minor: int


def refusal_for_use(limit: DailyLimit, use: str, *, used_minor: int) -> Refusal | None:
    """Why a day's use can't grow to so much, or None.

    Args:
        use: one of `USES`.
        used_minor: kopecks, what is asked for included.
    """
    if used_minor <= limit.limit_minor:
        return None
    allowed = decimal_string(limit.limit_minor)
    return ClientLimitExceeded(
        f"At most {allowed} of {use} in a day; this would make {decimal_string(used_minor)}.",
        limit=allowed,
        use=use,
    )
